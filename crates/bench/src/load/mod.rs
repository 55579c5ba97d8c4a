//! Programs that ask.

pub(crate) mod fanout;
pub(crate) mod publish;
pub(crate) mod rate;
pub(crate) mod touch;

/// The value below which this part of all lies.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list"
    )]
    let place = (sorted.len() as f64 * part) as usize;
    sorted.get(place.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

/// Prints the usual quantiles, in microseconds.
fn print_latencies(mut latencies: Vec<f64>) {
    latencies.sort_by(f64::total_cmp);
    println!("done {}", latencies.len());
    for (name, part) in [("p50_us", 0.5), ("p90_us", 0.9), ("p99_us", 0.99), ("p999_us", 0.999)] {
        println!("{name} {:.1}", quantile(&latencies, part));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_of_the_list() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let found = [0.0, 0.5, 0.99, 1.0].map(|part| quantile(&values, part).to_string());
        assert_eq!(found, ["0", "50", "99", "99"]);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
