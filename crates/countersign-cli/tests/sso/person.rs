//! A person with a wallet and a browser, who goes where an application sends them.

pub(crate) use countersign_testkit::person::Person;
