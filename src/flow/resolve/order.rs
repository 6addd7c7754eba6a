//! The order in which objects that name each other are resolved.

/// A node of a dependency graph in the order in which to resolve it.
pub(super) struct Step {
    pub(super) index: usize,
    /// Whether the node is part of a cycle.
    pub(super) cyclic: bool,
}

/// All nodes, children before parents, without recursion. Every node that
/// lies on a cycle is marked.
pub(super) fn post_order<I>(count: usize, children: impl Fn(usize) -> I) -> Vec<Step>
where
    I: Iterator<Item = usize>,
{
    // Tarjan's strongly connected components with an explicit stack.
    const NEW: u32 = u32::MAX;
    let mut order = Vec::with_capacity(count);
    let mut number = vec![NEW; count];
    let mut low = vec![0u32; count];
    let mut open = vec![false; count];
    let mut component: Vec<usize> = Vec::new();
    let mut clock = 0u32;
    for root in 0..count {
        if number.get(root) != Some(&NEW) {
            continue;
        }
        let mut stack: Vec<(usize, Vec<usize>, bool)> = Vec::new();
        let enter = |node: usize,
                     number: &mut Vec<u32>,
                     low: &mut Vec<u32>,
                     open: &mut Vec<bool>,
                     clock: &mut u32| {
            if let (Some(n), Some(l), Some(o)) =
                (number.get_mut(node), low.get_mut(node), open.get_mut(node))
            {
                *n = *clock;
                *l = *clock;
                *o = true;
            }
            *clock = clock.saturating_add(1);
            let list: Vec<usize> = children(node).filter(|child| *child < count).collect();
            let own = list.contains(&node);
            (node, list, own)
        };
        stack.push(enter(root, &mut number, &mut low, &mut open, &mut clock));
        component.push(root);
        while let Some((node, list, own)) = stack.last_mut() {
            let (node, own) = (*node, *own);
            if let Some(child) = list.pop() {
                let seen = number.get(child).copied().unwrap_or(NEW);
                if seen == NEW {
                    stack.push(enter(child, &mut number, &mut low, &mut open, &mut clock));
                    component.push(child);
                } else if open.get(child) == Some(&true)
                    && let Some(l) = low.get_mut(node)
                {
                    *l = (*l).min(seen);
                }
                continue;
            }
            stack.pop();
            let my_low = low.get(node).copied().unwrap_or(0);
            if let Some((parent, _, _)) = stack.last()
                && let Some(l) = low.get_mut(*parent)
            {
                *l = (*l).min(my_low);
            }
            if number.get(node) == Some(&my_low) {
                let start = component.iter().rposition(|n| *n == node).unwrap_or(0);
                let members = component.split_off(start);
                let cyclic = members.len() > 1 || own;
                for index in members.into_iter().rev() {
                    if let Some(o) = open.get_mut(index) {
                        *o = false;
                    }
                    order.push(Step { index, cyclic });
                }
            }
        }
    }
    order
}
