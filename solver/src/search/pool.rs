//! The open boxes: a slab of kept-slot bounds and a queue of nodes over it. Freed places are used again, so that the
//! node loop allocates only when the number of open boxes reaches a new high.

use super::Order;
use super::checkpoint::OpenBox;
use crate::interval::Interval;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// An open box.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// upper bound of the objective over the box
    pub(super) bound: f64,
    pub(super) depth: u32,
    pub(super) id: u64,
    place: u32,
    order: Order,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Node {}

impl PartialOrd for Node {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Node {
    fn cmp(&self, other: &Self) -> Ordering {
        let oldest = other.id.cmp(&self.id);
        match self.order {
            Order::BestFirst => self.bound.total_cmp(&other.bound).then(oldest),
            Order::DepthFirst => self.depth.cmp(&other.depth).then(oldest),
        }
    }
}

/// Open boxes.
pub(super) struct Pool {
    stride: usize,
    bounds: Vec<Interval>,
    free: Vec<u32>,
    queue: BinaryHeap<Node>,
    order: Order,
    next: u64,
}

impl Pool {
    pub(super) fn new(stride: usize, order: Order) -> Self {
        let queue = BinaryHeap::with_capacity(64);
        Pool { stride, bounds: Vec::new(), free: Vec::with_capacity(64), queue, order, next: 0 }
    }

    /// Adds a box and returns its number.
    pub(super) fn push(&mut self, bounds: &[Interval], bound: f64, depth: u32) -> u64 {
        let id = self.next;
        self.next += 1;
        self.put_back(bounds, bound, depth, id);
        id
    }

    /// Adds a box that has a number.
    pub(super) fn put_back(&mut self, bounds: &[Interval], bound: f64, depth: u32, id: u64) {
        let place = self.free.pop().unwrap_or_else(|| {
            let place = self.bounds.len().checked_div(self.stride).unwrap_or(id as usize);
            self.bounds.resize(self.bounds.len() + self.stride, Interval::EMPTY);
            place as u32
        });
        let start = place as usize * self.stride;
        self.bounds[start..start + self.stride].copy_from_slice(bounds);
        self.queue.push(Node { bound, depth, id, place, order: self.order });
    }

    /// Numbers the boxes that are pushed from now on.
    pub(super) fn number_from(&mut self, next: u64) {
        self.next = next;
    }

    /// The open boxes by number, and the number of the next one.
    pub(super) fn open(&self) -> (Vec<OpenBox>, u64) {
        let open = |node: &Node| {
            let start = node.place as usize * self.stride;
            let kept = self.bounds[start..start + self.stride].to_vec();
            OpenBox { bound: node.bound, depth: node.depth, id: node.id, kept }
        };
        let mut boxes: Vec<OpenBox> = self.queue.iter().map(open).collect();
        boxes.sort_by_key(|open| open.id);
        (boxes, self.next)
    }

    /// Takes the next box and copies its bounds out.
    pub(super) fn pop(&mut self, bounds: &mut [Interval]) -> Option<Node> {
        let node = self.queue.pop()?;
        let start = node.place as usize * self.stride;
        bounds.copy_from_slice(&self.bounds[start..start + self.stride]);
        self.free.push(node.place);
        Some(node)
    }

    /// The number of open boxes.
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// The largest bound of an open box; `−∞` when there is none.
    pub(super) fn largest_bound(&self) -> f64 {
        match self.order {
            Order::BestFirst => self.queue.peek().map_or(f64::NEG_INFINITY, |node| node.bound),
            Order::DepthFirst => self.queue.iter().map(|node| node.bound).fold(f64::NEG_INFINITY, f64::max),
        }
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> usize {
        self.bounds.capacity() * size_of::<Interval>() + self.queue.capacity() * size_of::<Node>()
    }
}
