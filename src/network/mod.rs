//! A trained feed-forward network, as the rest of the crate sees it.
//!
//! `z_k = W_k h_{k-1} + b_k`, `h_k = a_k(z_k)`, `h_0 = x`; the last `h` are the logits, and [`Output`] turns them into
//! confidences. A layer may also read the outputs of any earlier layers, and its neurons may share their parameters: see
//! [`wiring`]. Every value of these types is well formed: the fields are private, and the constructors refuse shapes
//! that do not chain, empty layers, numbers that are not finite, and names that are not unique. Whoever holds a
//! [`Network`] never has to check again.
//!
//! **Which numbers are meant.** The weights and biases of a network *are* doubles: a decimal in a file stands for the
//! double nearest to it (ties to even), since that is what a trained network computes with. The bounds of the input
//! domain are part of the question, not of the network, and are kept as the exact rationals that the file spells.

mod activation;
pub(crate) mod compressed;
mod enclose;
mod error;
mod evaluate;
pub mod exact;
pub mod json;
mod layer;
mod load;
mod metadata;
pub mod nnet;
pub mod onnx;
pub mod stored;
mod ties;
pub mod wiring;

use std::collections::HashMap;
use std::sync::Arc;

use num_rational::BigRational;

pub use activation::{Activation, Grid, Number};
pub use error::NetworkError;
pub use evaluate::Evaluation;
pub use layer::{Fixed, Layer, Parameter};

/// The closed interval that one input ranges over, with exact ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    lower: BigRational,
    upper: BigRational,
}

impl Domain {
    /// The interval `[lower, upper]`.
    ///
    /// # Errors
    /// When `lower > upper`, or when an end is outside the range of a double.
    pub fn new(lower: BigRational, upper: BigRational) -> Result<Self, NetworkError> {
        let greatest = BigRational::from_float(f64::MAX).expect("finite");
        if upper > greatest || lower < -greatest {
            return Err(NetworkError::invalid("", "outside the range of a double"));
        }
        if lower > upper {
            return Err(NetworkError::invalid("", format!("the lower end {lower} is above the upper end {upper}")));
        }
        Ok(Self { lower, upper })
    }

    /// The lower end.
    pub fn lower(&self) -> &BigRational {
        &self.lower
    }

    /// The upper end, at least the lower one.
    pub fn upper(&self) -> &BigRational {
        &self.upper
    }
}

/// The inputs of a network: a name for each and, where the file tells, a domain for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    names: Vec<String>,
    domain: Option<Vec<Domain>>,
}

impl Input {
    /// Inputs with these names, each ranging over the domain of the same position.
    ///
    /// # Errors
    /// When there are none, when the counts differ, or when a name is empty or occurs twice.
    pub fn new(names: Vec<String>, domain: Vec<Domain>) -> Result<Self, NetworkError> {
        let Self { names, .. } = Self::without_domain(names)?;
        if domain.len() != names.len() {
            let problem = format!("{}, expected {} (one per name)", count(domain.len(), "interval"), names.len());
            return Err(NetworkError::invalid("domain", problem));
        }
        Ok(Self { names, domain: Some(domain) })
    }

    /// Inputs with these names of which it is not known what they range over.
    ///
    /// # Errors
    /// When there are none, or when a name is empty or occurs twice.
    pub fn without_domain(names: Vec<String>) -> Result<Self, NetworkError> {
        check_names(&names).map_err(|e| e.inside("names"))?;
        Ok(Self { names, domain: None })
    }

    /// The number of inputs, at least 1.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// One name per input, all different.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// One domain per input, if the file tells.
    pub fn domain(&self) -> Option<&[Domain]> {
        self.domain.as_deref()
    }
}

/// How logits become confidences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// `softmax_j(logits)`: one class per logit, at least two.
    Softmax,
    /// `σ(logit)` of the only logit is the confidence of the second of two classes, `σ(−logit)` that of the first.
    Sigmoid,
    /// The outputs as they are, each under a name of its own.
    None,
}

impl Output {
    /// Every kind of output under its name in files.
    pub const NAMES: [(&'static str, Output); 3] =
        [("softmax", Output::Softmax), ("sigmoid", Output::Sigmoid), ("none", Output::None)];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Output::Softmax => "softmax",
            Output::Sigmoid => "sigmoid",
            Output::None => "none",
        }
    }
}

/// Labelled points that the network was not trained on; they show its accuracy and nothing is proved from them.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    inputs: Vec<Vec<f64>>,
    labels: Vec<usize>,
}

impl Dataset {
    /// Points, one row each, with the class index of each.
    ///
    /// # Errors
    /// When there are none, when the counts differ, when rows differ in length, or when a number is not finite.
    pub fn new(inputs: Vec<Vec<f64>>, labels: Vec<usize>) -> Result<Self, NetworkError> {
        let Some(first) = inputs.first() else {
            return Err(NetworkError::invalid("inputs", "empty, expected at least one point"));
        };
        for (i, row) in inputs.iter().enumerate() {
            if row.len() != first.len() {
                let problem = format!("{}, expected {} (as in row 0)", count(row.len(), "number"), first.len());
                return Err(NetworkError::invalid(format!("inputs[{i}]"), problem));
            }
            if let Some(j) = row.iter().position(|v| !v.is_finite()) {
                return Err(NetworkError::invalid(format!("inputs[{i}][{j}]"), layer::not_finite(row[j])));
            }
        }
        if labels.len() != inputs.len() {
            let problem =
                format!("{}, expected {} (one per row of inputs)", count(labels.len(), "label"), inputs.len());
            return Err(NetworkError::invalid("labels", problem));
        }
        Ok(Self { inputs, labels })
    }

    /// The points, at least one, each with one number per input of the network.
    pub fn inputs(&self) -> &[Vec<f64>] {
        &self.inputs
    }

    /// The class index of each point.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }
}

/// A trained network. See the module for the invariants.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    layers: Vec<Layer>,
    about: Arc<About>,
}

/// What a network and all its perturbed copies have in common.
#[derive(Debug, PartialEq)]
struct About {
    name: String,
    input: Input,
    output: Output,
    classes: Vec<String>,
    data: Option<Dataset>,
    /// for each layer, the number of the first value of what comes before it: the inputs, or another layer
    starts: Vec<usize>,
}

impl Network {
    /// A network from its parts.
    ///
    /// # Errors
    /// When the name is empty, when there is no layer, when a layer does not take what the one before it gives, when
    /// the classes do not fit the output or are not distinct, or when the data do not fit the inputs or the classes.
    /// The error names the part as a JSON path.
    pub fn new(
        name: String,
        input: Input,
        layers: Vec<Layer>,
        output: Output,
        classes: Vec<String>,
        data: Option<Dataset>,
    ) -> Result<Self, NetworkError> {
        if name.is_empty() {
            return Err(NetworkError::invalid("name", "empty, expected a name"));
        }
        let mut width = input.count();
        let mut starts = Vec::with_capacity(layers.len());
        // how many values there are before a layer
        let mut values = width;
        for (k, layer) in layers.iter().enumerate() {
            starts.push(values - width);
            if let Some(wiring) = layer.wiring() {
                if let Some(value) = wiring.greatest().filter(|&value| value as usize >= values) {
                    let problem = format!("reads value {value}, expected one of the {values} before it");
                    return Err(NetworkError::invalid(format!("layers[{k}]"), problem));
                }
                if k + 1 == layers.len() && !wiring.is_dense() {
                    let problem =
                        "a last layer that is wired, expected a row of its own for each output over one patch";
                    return Err(NetworkError::invalid(format!("layers[{k}]"), problem));
                }
            } else if layer.inputs() != width {
                let problem = format!("takes {}, expected {width} ({})", count(layer.inputs(), "input"), feeding(k));
                return Err(NetworkError::invalid(format!("layers[{k}]"), problem));
            }
            width = layer.outputs();
            values += width;
        }
        if layers.is_empty() {
            return Err(NetworkError::invalid("layers", "empty, expected at least one layer"));
        }
        check_output(output, width, &classes)?;
        if let Some(data) = &data {
            check_data(data, input.count(), classes.len()).map_err(|e| e.inside("data"))?;
        }
        Ok(Self { layers, about: Arc::new(About { name, input, output, classes, data, starts }) })
    }

    /// What reports call the network; not empty.
    pub fn name(&self) -> &str {
        &self.about.name
    }

    /// The inputs.
    pub fn input(&self) -> &Input {
        &self.about.input
    }

    /// The layers, at least one, the first one next to the inputs.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// A layer and the values that its neurons read.
    pub(crate) fn wired(&self, layer: usize) -> wiring::Wired<'_> {
        wiring::Wired::new(&self.layers[layer], self.about.starts[layer])
    }

    /// Where the values of a tensor are among all values: the inputs (0), or those of layer `tensor − 1`.
    pub(crate) fn tensor(&self, tensor: usize) -> std::ops::Range<usize> {
        let starts = &self.about.starts;
        let start = |k: usize| match starts.get(k) {
            Some(&start) => start,
            None => starts[k - 1] + self.tensor_width(k - 1),
        };
        start(tensor)..start(tensor) + self.tensor_width(tensor)
    }

    fn tensor_width(&self, tensor: usize) -> usize {
        tensor.checked_sub(1).map_or(self.about.input.count(), |layer| self.layers[layer].outputs())
    }

    /// Whether it is a chain of plain layers, each reading what the one before gives.
    pub fn is_chain(&self) -> bool {
        self.layers.iter().all(|layer| layer.wiring().is_none())
    }

    /// Whether several neurons of a layer have parameters in common. Then an upper bound of what these do may be larger than
    /// what any such network does, since it lets the parameters of each neuron move on their own.
    pub fn shares_parameters(&self) -> bool {
        self.layers.iter().any(Layer::shares_parameters)
    }

    /// For formats that hold nothing but chains.
    fn check_chain(&self) -> Result<(), NetworkError> {
        let Some(k) = self.layers.iter().position(|layer| layer.wiring().is_some()) else { return Ok(()) };
        let problem = "reads other values than those of the layer before, or shares its parameters, expected a chain of plain \
                       layers: the network can be used as it is, but not written";
        Err(NetworkError::invalid(format!("layers[{k}]"), problem))
    }

    /// How logits become confidences.
    pub fn output(&self) -> Output {
        self.about.output
    }

    /// The distinct names of the classes: one per logit, or two for a sigmoid output.
    pub fn classes(&self) -> &[String] {
        &self.about.classes
    }

    /// The held-out points, if the file had any.
    pub fn data(&self) -> Option<&Dataset> {
        self.about.data.as_ref()
    }

    /// The number of logits, at least 1.
    pub fn logit_count(&self) -> usize {
        self.layers.last().map_or(0, Layer::outputs)
    }

    /// The number of weights and biases of all layers that are not [fixed](Fixed).
    pub fn parameter_count(&self) -> usize {
        self.layers.iter().map(Layer::parameter_count).sum()
    }

    /// The same network whose logits become confidences in another way. The classes keep their names if there are as many
    /// as before, else they are `0`, `1`, ….
    ///
    /// # Errors
    /// When the number of logits does not fit.
    pub fn with_output(&self, output: Output) -> Result<Self, NetworkError> {
        let About { name, input, classes, data, .. } = &*self.about;
        let default = metadata::default_classes(output, &self.layers);
        let classes = if classes.len() == default.len() { classes.clone() } else { default };
        Self::new(name.clone(), input.clone(), self.layers.clone(), output, classes, data.clone())
    }

    /// The same network over another domain.
    ///
    /// # Errors
    /// When there is not one interval per input.
    pub fn with_domain(&self, domain: Vec<Domain>) -> Result<Self, NetworkError> {
        let About { name, input, output, classes, data, .. } = &*self.about;
        let input = Input::new(input.names.clone(), domain)?;
        Self::new(name.clone(), input, self.layers.clone(), *output, classes.clone(), data.clone())
    }

    /// The same network with every parameter replaced by what `value` makes of its layer's index, its place and itself.
    ///
    /// # Errors
    /// When `value` gives a number that is not finite.
    pub fn with_parameters(&self, mut value: impl FnMut(usize, Parameter, f64) -> f64) -> Result<Self, NetworkError> {
        let layers = self.layers.iter().enumerate().map(|(k, layer)| {
            layer.with_parameters(|p, v| value(k, p, v)).map_err(|e| e.inside(&format!("layers[{k}]")))
        });
        Ok(Self { layers: layers.collect::<Result<_, _>>()?, about: Arc::clone(&self.about) })
    }
}

fn check_output(output: Output, logits: usize, classes: &[String]) -> Result<(), NetworkError> {
    let misfit = |expected: &str| {
        let problem = format!("{} over {}, expected {expected}", output.name(), count(logits, "logit"));
        Err(NetworkError::invalid("output", problem))
    };
    let (expected, why) = match output {
        Output::Softmax if logits < 2 => return misfit("at least 2"),
        Output::Sigmoid if logits != 1 => return misfit("exactly 1"),
        Output::Softmax => (logits, "one per logit"),
        Output::Sigmoid => (2, "σ(logit) is the confidence of the second"),
        Output::None => (logits, "one name per output"),
    };
    if classes.len() != expected {
        let given = classes.len();
        let given = format!("{given} {}", if given == 1 { "class" } else { "classes" });
        return Err(NetworkError::invalid("classes", format!("{given}, expected {expected} ({why})")));
    }
    check_names(classes).map_err(|e| e.inside("classes"))
}

fn check_data(data: &Dataset, inputs: usize, classes: usize) -> Result<(), NetworkError> {
    // All rows have the length of the first.
    if data.inputs[0].len() != inputs {
        let problem = format!("{}, expected {inputs} (the inputs)", count(data.inputs[0].len(), "number"));
        return Err(NetworkError::invalid("inputs[0]", problem));
    }
    match data.labels.iter().position(|&label| label >= classes) {
        Some(i) => {
            let problem = format!("{}, expected a class index from 0 to {}", data.labels[i], classes - 1);
            Err(NetworkError::invalid(format!("labels[{i}]"), problem))
        }
        None => Ok(()),
    }
}

/// Names have to tell things apart on a command line and in reports.
fn check_names(names: &[String]) -> Result<(), NetworkError> {
    if names.is_empty() {
        return Err(NetworkError::invalid("", "empty, expected at least one name"));
    }
    let mut seen = HashMap::new();
    for (i, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(NetworkError::invalid(format!("[{i}]"), "empty, expected a name"));
        }
        if let Some(first) = seen.insert(name, i) {
            let problem = format!("{name:?} again, expected a name that differs from [{first}]");
            return Err(NetworkError::invalid(format!("[{i}]"), problem));
        }
    }
    Ok(())
}

/// What layer `k` takes its inputs from, for error messages.
fn feeding(k: usize) -> String {
    if k == 0 { "the inputs".to_owned() } else { format!("the outputs of layers[{}]", k - 1) }
}

/// `1 number`, `2 numbers`.
fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
