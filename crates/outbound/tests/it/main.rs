//! What may be called, and what a call may cost.

mod calls;
mod server;
mod urls;
