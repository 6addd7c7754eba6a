//! Cycles among groups that name each other.

/// The edges of a graph that close a cycle, found without recursion: node and
/// position of the edge. Edges that lead to no node are ignored.
pub fn back_edges(edges: &[Vec<usize>]) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy, PartialEq)]
    enum Colour {
        White,
        Grey,
        Black,
    }
    let mut colours = vec![Colour::White; edges.len()];
    let mut found = Vec::new();
    for root in 0..edges.len() {
        if colours.get(root) != Some(&Colour::White) {
            continue;
        }
        let mut stack = vec![(root, 0usize)];
        if let Some(colour) = colours.get_mut(root) {
            *colour = Colour::Grey;
        }
        while let Some((node, next)) = stack.last_mut() {
            let (at, member) = (*node, *next);
            *next = next.saturating_add(1);
            match edges.get(at).and_then(|list| list.get(member)) {
                None => {
                    if let Some(colour) = colours.get_mut(at) {
                        *colour = Colour::Black;
                    }
                    stack.pop();
                }
                Some(target) => match colours.get_mut(*target) {
                    Some(colour @ Colour::White) => {
                        *colour = Colour::Grey;
                        stack.push((*target, 0));
                    }
                    Some(Colour::Grey) => found.push((at, member)),
                    _ => {}
                },
            }
        }
    }
    found
}
