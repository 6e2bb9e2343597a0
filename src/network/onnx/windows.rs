//! Operators over windows of a picture, and over whole axes.

use super::flow::{Flow, Rows};
use super::graph::Node;
use super::operators::{Evaluation, Made, ONE_CONSTANT, Value, constant_operand};
use super::shapes;
use crate::network::wiring::NOTHING;

/// Windows over the sizes behind batch and channels: for each place of the result, the positions in the picture that each
/// place of the kernel meets, none around its edges.
struct Windows {
    /// the sizes of the result
    sizes: Vec<usize>,
    /// the length of a window
    length: usize,
    places: Vec<Option<usize>>,
}

/// The sizes of a picture: of several channels, with a batch of one.
fn picture(x: &Value) -> Made<(&Flow, usize, &[usize])> {
    match x {
        Value::Flow(x) if x.shape.len() > 2 && x.shape[0] == 1 => Ok((x, x.shape[1], &x.shape[2..])),
        Value::Flow(x) => Err(format!("a value of shape {:?}, expected a batch of 1, channels and a picture", x.shape)),
        Value::Constant(_) => Err(ONE_CONSTANT.to_owned()),
    }
}

impl Windows {
    fn new(node: &Node<'_>, picture: &[usize], kernel: &[usize], evaluation: &mut Evaluation<'_>) -> Made<Windows> {
        let rank = picture.len();
        let list = |name: &str, count: usize, default: i64| match node.attribute(name) {
            Some(a) if a.ints.len() == count => Ok(a.ints.clone()),
            Some(a) => Err(format!("{name} of {} numbers, expected {count}", a.ints.len())),
            None => Ok(vec![default; count]),
        };
        let (strides, dilations) = (list("strides", rank, 1)?, list("dilations", rank, 1)?);
        let pads = list("pads", 2 * rank, 0)?;
        let pad_by = node.attribute("auto_pad").and_then(|a| a.s.as_deref()).unwrap_or(b"NOTSET");
        let up = node.integer("ceil_mode", 0) != 0;
        let mut axes: Vec<Vec<Vec<Option<usize>>>> = Vec::new();
        for k in 0..rank {
            let bad = || {
                format!(
                    "kernel {kernel:?}, strides {strides:?}, dilations {dilations:?}, pads {pads:?} over {picture:?}"
                )
            };
            let small = |v: i64| (v > 0 && v < 1 << 20).then_some(v).ok_or_else(bad);
            let (stride, dilation) = (small(strides[k])?, small(dilations[k])?);
            let (size, span) = (small(picture[k] as i64)?, (small(kernel[k] as i64)? - 1) * dilation + 1);
            let same = |upper: bool| {
                let total = (((size + stride - 1) / stride - 1) * stride + span - size).max(0);
                if upper { (total / 2, total - total / 2) } else { (total - total / 2, total / 2) }
            };
            let (before, after) = match pad_by {
                b"SAME_UPPER" => same(true),
                b"SAME_LOWER" => same(false),
                b"VALID" => (0, 0),
                b"NOTSET" | b"" => (pads[k], pads[rank + k]),
                _ => return Err("auto_pad, expected NOTSET, VALID, SAME_UPPER or SAME_LOWER".to_owned()),
            };
            if !(0..1 << 20).contains(&before) || !(0..1 << 20).contains(&after) {
                return Err(bad());
            }
            let room = size + before + after - span;
            if room < 0 {
                return Err(format!("{}, expected a kernel that fits", bad()));
            }
            let mut count = room / stride + 1;
            // a last window that is only partly inside, unless it starts behind the picture
            if up && room % stride != 0 && count * stride < size + before {
                count += 1;
            }
            evaluation.flows.charge((count as usize).saturating_mul(kernel[k]))?;
            let place = |i: i64, j: usize| {
                usize::try_from(i * stride - before + j as i64 * dilation).ok().filter(|&p| p < size as usize)
            };
            axes.push((0..count).map(|i| (0..kernel[k]).map(|j| place(i, j)).collect()).collect());
        }
        let sizes: Vec<usize> = axes.iter().map(Vec::len).collect();
        let length = kernel.iter().product();
        let total = sizes.iter().fold(length, |product: usize, &size| product.saturating_mul(size));
        evaluation.flows.charge(total)?;
        // windows of the axes so far, each a list of positions
        let mut windows: Vec<Vec<Option<usize>>> = vec![vec![Some(0)]];
        for (axis, &size) in axes.iter().zip(picture) {
            let join = |window: &Vec<Option<usize>>, along: &Vec<Option<usize>>| {
                let next = |&w: &Option<usize>| along.iter().map(move |&a| Some(w? * size + a?));
                window.iter().flat_map(next).collect::<Vec<_>>()
            };
            windows = windows.iter().flat_map(|window| axis.iter().map(move |along| join(window, along))).collect();
        }
        Ok(Windows { sizes, length, places: windows.concat() })
    }

    fn each(&self) -> std::slice::ChunksExact<'_, Option<usize>> {
        self.places.chunks_exact(self.length)
    }

    fn count(&self) -> usize {
        self.places.len() / self.length
    }

    fn shape(&self, channels: usize) -> Vec<usize> {
        [vec![1, channels], self.sizes.clone()].concat()
    }
}

/// A Conv: rows of weights, shared by all places.
pub(super) fn convolution(
    node: &Node<'_>,
    x: &Value,
    operands: &[Option<Value>],
    evaluation: &mut Evaluation<'_>,
) -> Made<Value> {
    let (x, channels, sizes) = picture(x)?;
    let kernels = constant_operand(operands, 1)?;
    let weights = kernels.reals().ok_or("kernels of integers or text, expected real numbers")?;
    let groups = usize::try_from(node.integer("group", 1)).unwrap_or(0);
    let fits = kernels.dims.len() == x.shape.len()
        && groups > 0
        && kernels.dims[0] > 0
        && kernels.dims[0].is_multiple_of(groups);
    if !fits || kernels.dims[1].checked_mul(groups) != Some(channels) {
        let (dims, shape) = (&kernels.dims, &x.shape);
        return Err(format!("kernels of shape {dims:?} in {groups} groups over {shape:?}, expected ones that fit"));
    }
    let (outputs, each) = (kernels.dims[0], kernels.dims[1]);
    let windows = Windows::new(node, sizes, &kernels.dims[2..], evaluation)?;
    let area: usize = sizes.iter().product();
    let (width, count) = (each * windows.length, windows.count());
    evaluation.flows.charge(weights.len())?;
    evaluation.flows.charge(width.saturating_mul(count).saturating_mul(groups))?;
    let mut patches = Vec::with_capacity(width * count * groups);
    for group in 0..groups {
        for window in windows.each() {
            for channel in group * each..(group + 1) * each {
                let element =
                    |&place: &Option<usize>| place.map_or(NOTHING, |place| x.elements[channel * area + place]);
                patches.extend(window.iter().map(element));
            }
        }
    }
    let shape = windows.shape(outputs);
    let sums = if count == 1 && groups == 1 && patches.len() == x.width() && !patches.contains(&NOTHING) {
        // the kernel of the whole input
        let x = Flow { shape: vec![patches.len()], elements: patches.into(), words: None };
        evaluation.flows.weights(&x, weights.to_vec(), shape)?
    } else {
        let patch = |row: usize, place: usize| (row / (outputs / groups) * count + place) as u32;
        evaluation.flows.charge(outputs.saturating_mul(count))?;
        let neurons =
            (0..outputs).flat_map(|row| (0..count).map(move |place| (row as u32, patch(row, place)))).collect();
        let rows = Rows { weights: weights.to_vec(), width, neurons, patches, constants: None, fixed: false };
        evaluation.flows.rows(rows, shape)?
    };
    if operands.get(2).is_none_or(Option::is_none) {
        return Ok(Value::Flow(sums));
    }
    let biases = channel_numbers(operands, 2, outputs)?;
    let spread: Vec<f64> = biases.iter().flat_map(|&b| std::iter::repeat_n(b, count)).collect();
    evaluation.flows.shift(&sums, &spread, outputs).map(Value::Flow)
}

/// An AveragePool or a MaxPool.
pub(super) fn pool(node: &Node<'_>, x: &Value, greatest: bool, evaluation: &mut Evaluation<'_>) -> Made<Value> {
    let (x, channels, sizes) = picture(x)?;
    let kernel = node
        .attribute("kernel_shape")
        .map(|a| a.ints.iter().map(|&k| usize::try_from(k).unwrap_or(0)).collect::<Vec<_>>());
    let kernel =
        kernel.filter(|kernel| kernel.len() == sizes.len()).ok_or("no kernel_shape that fits, expected one")?;
    let windows = Windows::new(node, sizes, &kernel, evaluation)?;
    let with_pads = node.integer("count_include_pad", 0) != 0;
    if !greatest && with_pads && node.integer("ceil_mode", 0) != 0 {
        return Err("count_include_pad with ceil_mode, expected one of them".to_owned());
    }
    let area: usize = sizes.iter().product();
    evaluation.flows.charge(windows.places.len().saturating_mul(channels))?;
    let all = (0..channels).flat_map(|channel| windows.each().map(move |window| (channel, window)));
    let lists: Vec<Vec<u32>> = all
        .map(|(channel, window)| window.iter().flatten().map(|place| x.elements[channel * area + place]).collect())
        .collect();
    let shape = windows.shape(channels);
    if greatest {
        return evaluation.flows.extremum(lists, false, shape).map(Value::Flow);
    }
    let count = |list: &Vec<u32>| if with_pads { windows.length } else { list.len() };
    means(&lists, count, windows.length, shape, evaluation)
}

/// A mean, or with a `count` of 1 a sum, of each list of elements.
fn means(
    lists: &[Vec<u32>],
    count: impl Fn(&Vec<u32>) -> usize,
    width: usize,
    shape: Vec<usize>,
    evaluation: &mut Evaluation<'_>,
) -> Made<Value> {
    let mut counts: Vec<usize> = lists.iter().map(&count).collect();
    if counts.contains(&0) {
        return Err("the mean of no numbers, expected some".to_owned());
    }
    counts.sort_unstable();
    counts.dedup();
    evaluation.flows.charge(width.saturating_mul(counts.len().saturating_add(lists.len())))?;
    let weights = counts.iter().flat_map(|&n| std::iter::repeat_n((n as f64).recip(), width)).collect();
    let row = |list| counts.binary_search(&count(list)).unwrap_or(0) as u32;
    let neurons = lists.iter().enumerate().map(|(patch, list)| (row(list), patch as u32)).collect();
    let padded =
        |list: &Vec<u32>| list.iter().copied().chain(std::iter::repeat(NOTHING)).take(width).collect::<Vec<_>>();
    let patches = lists.iter().flat_map(padded).collect();
    evaluation
        .flows
        .rows(Rows { weights, width, neurons, patches, constants: None, fixed: true }, shape)
        .map(Value::Flow)
}

/// What a reduction makes of the numbers along its axes.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Reduction {
    Sum,
    Mean,
    Max,
    Min,
}

/// A reduction over the given axes, or over all.
pub(super) fn reduce(
    node: &Node<'_>,
    x: &Value,
    axes: Option<&Value>,
    reduction: Reduction,
    evaluation: &mut Evaluation<'_>,
) -> Made<Value> {
    let Value::Flow(x) = x else { return Err(ONE_CONSTANT.to_owned()) };
    let rank = x.shape.len();
    let axes = match shapes::integers(node, axes, "axes")? {
        Some(axes) if !axes.is_empty() => axes.into_iter().map(|a| shapes::axis(a, rank)).collect::<Made<Vec<_>>>()?,
        _ if node.integer("noop_with_empty_axes", 0) != 0 => return Ok(Value::Flow(x.clone())),
        _ => (0..rank).collect(),
    };
    let kept = node.integer("keepdims", 1) != 0;
    let sizes = x.shape.iter().enumerate().map(|(k, &size)| if axes.contains(&k) { 1 } else { size });
    let sizes: Vec<usize> = sizes.collect();
    let shape = (0..rank).filter(|k| kept || !axes.contains(k)).map(|k| sizes[k]).collect();
    evaluation.flows.charge(2 * x.width())?;
    let mut lists = vec![Vec::new(); sizes.iter().product()];
    let mut index = vec![0; rank];
    for &element in x.elements.iter() {
        let place = index.iter().zip(&sizes).fold(0, |place, (&i, &size)| place * size + if size == 1 { 0 } else { i });
        lists[place].push(element);
        for k in (0..rank).rev() {
            index[k] += 1;
            if index[k] < x.shape[k] {
                break;
            }
            index[k] = 0;
        }
    }
    let length = lists.first().map_or(0, Vec::len);
    match reduction {
        Reduction::Max | Reduction::Min => {
            evaluation.flows.extremum(lists, reduction == Reduction::Min, shape).map(Value::Flow)
        }
        Reduction::Mean => means(&lists, Vec::len, length, shape, evaluation),
        Reduction::Sum => means(&lists, |_| 1, length, shape, evaluation),
    }
}

/// The mean or the greatest number of each channel.
pub(super) fn global_pool(x: &Value, greatest: bool, evaluation: &mut Evaluation<'_>) -> Made<Value> {
    let (x, channels, sizes) = picture(x)?;
    let area: usize = sizes.iter().product();
    if area == 0 {
        return Err("a picture without numbers, expected some".to_owned());
    }
    let lists: Vec<Vec<u32>> = x.elements.chunks(area).map(<[u32]>::to_vec).collect();
    let shape = [vec![1, channels], vec![1; sizes.len()]].concat();
    match greatest {
        true => evaluation.flows.extremum(lists, false, shape).map(Value::Flow),
        false => means(&lists, Vec::len, area, shape, evaluation),
    }
}

/// `(x − mean)/√(variance + ε)·scale + bias` with a number of each for every channel, as a fixed affine layer
/// `k·x + (bias − k·mean)`; `k` and the constant are the nearest doubles, nearly, as with every division.
pub(super) fn batch_normalization(
    node: &Node<'_>,
    x: &Value,
    operands: &[Option<Value>],
    evaluation: &mut Evaluation<'_>,
) -> Made<Value> {
    let Value::Flow(x) = x else { return Err(ONE_CONSTANT.to_owned()) };
    let old = evaluation.opset < 7;
    let training = if old { node.integer("is_test", 0) == 0 } else { node.integer("training_mode", 0) != 0 };
    let batch_statistics = training || node.proto.output.iter().skip(1).any(|name| !name.is_empty());
    if batch_statistics || node.integer("spatial", 1) == 0 {
        return Err(
            "normalises by its own batch or each number by itself, expected the statistics of training for each \
                    channel"
                .to_owned(),
        );
    }
    let Some(&channels) = x.shape.get(1) else {
        return Err(format!("a value of shape {:?}, expected channels in the second size", x.shape));
    };
    let [scale, bias, mean, variance] = [1, 2, 3, 4].map(|i| channel_numbers(operands, i, channels));
    let (scale, bias, mean, variance) = (scale?, bias?, mean?, variance?);
    let epsilon = node.float("epsilon", 1e-5);
    let factors: Vec<f64> = scale.iter().zip(&variance).map(|(s, v)| s / (v + epsilon).sqrt()).collect();
    let constants: Vec<f64> = (0..channels).map(|c| factors[c].mul_add(-mean[c], bias[c])).collect();
    if let Some(c) = (0..channels).find(|&c| !factors[c].is_finite() || !constants[c].is_finite()) {
        let square = variance[c] + epsilon;
        return Err(format!("channel {c} is divided by the root of {square}, expected a positive variance"));
    }
    // the channel of each number
    let inner: usize = x.shape[2..].iter().product();
    let spread = |numbers: &[f64]| (0..x.width()).map(|i| numbers[i / inner.max(1) % channels]).collect::<Vec<_>>();
    let scaled = evaluation.flows.scale(x, &spread(&factors))?;
    evaluation.flows.shift(&scaled, &spread(&constants), 0).map(Value::Flow)
}

/// A constant with a number for each channel.
fn channel_numbers(operands: &[Option<Value>], i: usize, channels: usize) -> Made<Vec<f64>> {
    let tensor = constant_operand(operands, i)?;
    match tensor.reals() {
        Some(numbers) if numbers.len() == channels && channels > 0 => Ok(numbers.to_vec()),
        _ => Err(format!("operand {i} of shape {:?}, expected {channels} real numbers", tensor.dims)),
    }
}
