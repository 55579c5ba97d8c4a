//! What tests share: fixed clock, seeded ids, databases, a running application. A dev-dependency only.
