//! `promptsync._core`: what the Python package takes from Rust. It converts and delegates and holds no policy; what people
//! use is written in Python, in `python/promptsync`.
#![warn(missing_docs)]

mod client;
mod command;
mod diffs;
mod errors;
mod files;
mod flight;
mod hot;
mod prompt;
mod settings;
mod template;
mod values;

use pyo3::pymodule;

/// The compiled part of `promptsync`.
#[pymodule]
mod _core {
    #[pymodule_export]
    use crate::{
        client::Client,
        command::run,
        diffs::diff,
        files::{read_yaml, read_yaml_files},
        flight::Flight,
        prompt::Prompt,
        settings::project,
        template::Template,
    };

    use pyo3::prelude::{Bound, PyModule, PyModuleMethods as _, PyResult};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
