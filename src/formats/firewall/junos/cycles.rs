//! Names that lead back to themselves.

/// The edges of a graph that close a cycle, found without recursion.
pub fn back_edges(edges: &[Vec<usize>]) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; edges.len()];
    let mut found = Vec::new();
    for root in 0..edges.len() {
        if marks.get(root) != Some(&Mark::New) {
            continue;
        }
        let mut stack = vec![(root, 0usize)];
        if let Some(mark) = marks.get_mut(root) {
            *mark = Mark::Open;
        }
        while let Some((node, next)) = stack.last_mut() {
            let (at, member) = (*node, *next);
            *next = next.saturating_add(1);
            match edges.get(at).and_then(|list| list.get(member)) {
                None => {
                    if let Some(mark) = marks.get_mut(at) {
                        *mark = Mark::Done;
                    }
                    stack.pop();
                }
                Some(target) => match marks.get_mut(*target) {
                    Some(mark @ Mark::New) => {
                        *mark = Mark::Open;
                        stack.push((*target, 0));
                    }
                    Some(Mark::Open) => found.push((at, member)),
                    _ => {}
                },
            }
        }
    }
    found
}
