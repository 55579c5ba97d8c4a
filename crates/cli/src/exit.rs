//! What a run says to the program that started it.

/// The exit code of a run: `docs/reference/cli.md` says what each means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(u8);

impl Exit {
    /// Everything is as it should be.
    pub const SUCCESS: Self = Self(0);

    /// The number.
    pub fn code(self) -> u8 {
        self.0
    }
}

impl From<u8> for Exit {
    fn from(code: u8) -> Self {
        Self(code)
    }
}
