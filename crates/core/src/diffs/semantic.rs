//! Differences between two documents, field by field.

use super::{Diff, Side};
use crate::bumps;

pub(super) fn diff(old: &Side<'_>, new: &Side<'_>) -> Diff {
    let plan = bumps::bump(old.interface, new.interface, old.document != new.document);
    Diff {
        old: old.label.clone(),
        new: new.label.clone(),
        bump: plan.bump,
        changes: plan.reasons,
        fields: Vec::new(),
    }
}
