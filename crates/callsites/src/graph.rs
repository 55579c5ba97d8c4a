//! Which files import which.

/// What each file imports, by their numbers.
pub(crate) type Graph = Vec<Vec<usize>>;

/// Whether each file is one of some, or imports one of them through whatever others.
pub(crate) fn importers(graph: &Graph, mut found: Vec<bool>) -> Vec<bool> {
    let mut importers = vec![Vec::new(); graph.len()];
    for (file, imported) in graph.iter().enumerate() {
        for other in imported {
            importers[*other].push(file);
        }
    }
    let mut waiting: Vec<usize> = (0..graph.len()).filter(|file| found[*file]).collect();
    while let Some(file) = waiting.pop() {
        for importer in &importers[file] {
            if !std::mem::replace(&mut found[*importer], true) {
                waiting.push(*importer);
            }
        }
    }
    found
}

/// The wanted files, each after what it imports, as far as they do not import each other.
pub(crate) fn order(graph: &Graph, wanted: &[bool]) -> Vec<usize> {
    let mut seen: Vec<bool> = wanted.iter().map(|wanted| !wanted).collect();
    let mut order = Vec::new();
    for start in 0..graph.len() {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        // Each file, and how many of its imports were gone into.
        let mut path = vec![(start, 0)];
        while let Some((file, next)) = path.last_mut() {
            let Some(imported) = graph[*file].get(*next) else {
                order.push(*file);
                path.pop();
                continue;
            };
            *next += 1;
            if !std::mem::replace(&mut seen[*imported], true) {
                path.push((*imported, 0));
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_imports_a_file_through_others_is_found() {
        let graph = vec![vec![1], vec![2], vec![], vec![0, 3], vec![5], vec![4]];
        let found = importers(&graph, vec![false, false, true, false, false, false]);
        assert_eq!(found, [true, true, true, true, false, false]);
    }

    #[test]
    fn a_file_comes_after_what_it_imports_and_rings_end() {
        for (graph, expected) in [
            (vec![vec![1], vec![2], vec![]], vec![2, 1, 0]),
            (vec![vec![1, 2], vec![2], vec![]], vec![2, 1, 0]),
            (vec![vec![1], vec![0]], vec![1, 0]),
            (vec![vec![0]], vec![0]),
            (vec![vec![], vec![]], vec![0, 1]),
        ] {
            assert_eq!(order(&graph, &vec![true; graph.len()]), expected);
        }
        assert_eq!(order(&vec![vec![1], vec![]], &[true, false]), [0]);
    }
}
