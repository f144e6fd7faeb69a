//! The forms of text, as data: which lines there are, in which order, and which may be absent.

/// One form of sign-in text. Rules are data here, so a dialect is a constant, not a parser.
#[derive(Debug, PartialEq, Eq)]
pub struct TextProfile {
    /// What the form is called in logs and tools.
    pub name: &'static str,
    /// The text of the `Version` line.
    pub version: &'static str,
    /// The labelled lines, in their order.
    pub fields: &'static [Field],
    /// Which of them may be absent.
    pub optional: &'static [Field],
    /// How many blank lines stand between address and first field where there is no statement.
    pub blank_lines: usize,
    /// What a `Chain ID` line may hold.
    pub chain: ChainText,
    /// What a statement may hold.
    pub statement: StatementText,
    /// Whether the first line names the kind of account.
    pub names_account: bool,
    /// What a nonce may hold.
    pub nonce: NonceText,
    /// What stands after the last line: nothing, or a line feed.
    pub end: &'static str,
}

impl TextProfile {
    /// ERC-4361, as it stands: chain ids are numbers, statements are URI characters and spaces.
    pub const ERC4361: Self = Self {
        name: "erc4361",
        version: "1",
        fields: ALL_IN_ORDER,
        optional: OPTIONAL,
        blank_lines: 2,
        chain: ChainText::Number,
        statement: StatementText::UriCharacters,
        names_account: true,
        nonce: NonceText::Alphanumeric,
        end: "",
    };

    /// ERC-4361 with any printable ASCII in the statement, as many applications write it.
    pub const ERC4361_PRINTABLE: Self = Self {
        name: "erc4361-printable",
        statement: StatementText::PrintableAscii,
        ..Self::ERC4361
    };

    /// CAIP-122 in the line order of ERC-4361; the chain is named by its CAIP-2 reference.
    pub const CAIP122: Self = Self {
        name: "caip122",
        chain: ChainText::Reference,
        ..Self::ERC4361
    };
}

/// A labelled line of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `URI: …`
    Uri,
    /// `Version: …`
    Version,
    /// `Chain ID: …`
    ChainId,
    /// `Nonce: …`
    Nonce,
    /// `Issued At: …`
    IssuedAt,
    /// `Expiration Time: …`
    ExpirationTime,
    /// `Not Before: …`
    NotBefore,
    /// `Request ID: …`
    RequestId,
    /// `Resources:` and its list
    Resources,
}

impl Field {
    /// The label, with all that stands before the value.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Uri => "URI: ",
            Self::Version => "Version: ",
            Self::ChainId => "Chain ID: ",
            Self::Nonce => "Nonce: ",
            Self::IssuedAt => "Issued At: ",
            Self::ExpirationTime => "Expiration Time: ",
            Self::NotBefore => "Not Before: ",
            Self::RequestId => "Request ID: ",
            Self::Resources => "Resources:",
        }
    }
}

/// What a `Chain ID` line may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainText {
    /// A decimal number without sign or leading zeros that fits 64 bits.
    Number,
    /// A CAIP-2 reference or an alias of one.
    Reference,
}

/// What a statement may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementText {
    /// RFC 3986 `reserved`, `unreserved` and spaces (ERC-4361).
    UriCharacters,
    /// Any printable ASCII.
    PrintableAscii,
}

impl StatementText {
    pub(crate) fn allows(self, byte: u8) -> bool {
        match self {
            Self::UriCharacters => {
                byte.is_ascii_alphanumeric() || b" -._~:/?#[]@!$&'()*+,;=".contains(&byte)
            }
            Self::PrintableAscii => matches!(byte, b' '..=b'~'),
        }
    }
}

/// What a nonce may hold: 8 to 128 of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NonceText {
    /// Letters and digits (ERC-4361).
    Alphanumeric,
    /// Letters, digits and dashes, as in a UUID.
    Dashed,
}

impl NonceText {
    pub(crate) fn allows(self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric() || self == Self::Dashed && byte == b'-'
    }
}

pub(crate) const WANTS: &str = " wants you to sign in with your ";

/// How the first line ends.
pub(super) fn account(profile: &TextProfile) -> &'static str {
    if profile.names_account {
        ACCOUNT
    } else {
        "account:"
    }
}

pub(super) const ACCOUNT: &str = " account:";

const ALL_IN_ORDER: &[Field] = &[
    Field::Uri,
    Field::Version,
    Field::ChainId,
    Field::Nonce,
    Field::IssuedAt,
    Field::ExpirationTime,
    Field::NotBefore,
    Field::RequestId,
    Field::Resources,
];

const OPTIONAL: &[Field] = &[
    Field::ExpirationTime,
    Field::NotBefore,
    Field::RequestId,
    Field::Resources,
];
