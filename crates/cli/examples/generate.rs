//! Writes the generated files into the folder given: `cargo xtask gen` runs this and compares.

use std::{error::Error, fmt::Write as _, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("expected the folder to write into")?;
    let folder = Path::new(&folder);
    write(folder, "docs/reference/cli.md", &promptsync_cli::reference())?;
    write(folder, "docs/reference/errors.md", &errors())?;
    for (name, schema) in promptsync_core::files::schema::all() {
        write(folder, &format!("docs/reference/{name}"), &format!("{schema:#}"))?;
    }
    Ok(())
}

fn write(folder: &Path, path: &str, text: &str) -> Result<(), Box<dyn Error>> {
    let place = folder.join(path);
    fs::create_dir_all(place.parent().unwrap_or(folder))?;
    fs::write(place, text.trim_end().to_owned() + "\n")?;
    Ok(())
}

/// The table of error codes as a page.
fn errors() -> String {
    let mut page = String::from(
        "# Error codes\n\n\
         Generated from `crates/api/src/error.rs` by `cargo xtask gen`; do not edit.\n\n\
         Every refusal is an `application/problem+json` body (RFC 9457) with a stable `code`, a sentence in `detail`, \
         often a `hint`, a `trace_id` that is also in the server's log, and in `errors` every single problem with its \
         file, line and column where there is one. A code never changes its meaning.\n\n\
         | code | status | title |\n|---|---|---|\n",
    );
    for row in promptsync_api::error::ALL {
        let _ = writeln!(page, "| `{}` | {} | {} |", row.code, row.status, row.title);
    }
    page
}
