//! The tutorial shows the code as it is.

#[test]
fn every_piece_of_code_in_the_tutorial_is_real() {
    let sources = [
        include_str!("../src/solana.rs"),
        include_str!("../src/main.rs"),
        include_str!("suite.rs"),
        include_str!("../Cargo.toml"),
    ]
    .concat();
    let mut shown = 0;
    for block in include_str!("../README.md")
        .split("\n```")
        .skip(1)
        .step_by(2)
    {
        let (language, code) = block.split_once('\n').unwrap_or_default();
        if matches!(language, "rust" | "toml") {
            for line in code.lines() {
                assert!(sources.contains(line), "not in the sources: {line}");
            }
            assert!(language == "toml" || sources.contains(code), "{code}");
            shown += 1;
        }
    }
    assert_eq!(shown, 8);
}
