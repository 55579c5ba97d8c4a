//! Signing in at an identity provider: against a real, certified one, and against a double that lies.

mod attacks;
mod browser;
mod callbacks;
mod double;
mod known;
mod people;
mod real;
