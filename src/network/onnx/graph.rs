//! Names, order and ends of a graph: who makes which value, in which order nodes are computed, which value is the
//! input and which output is the network's.

use super::proto::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, data_type};
use super::tensor::{RANK, Tensor, short, volume};
use crate::network::NetworkError;
use std::collections::HashMap;

/// Versions of the operator sets of a model; 0 for one that it does not import.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opsets {
    /// of ONNX itself
    pub(super) onnx: i64,
    /// of `ai.onnx.ml`
    ml: i64,
}

impl Opsets {
    /// Checks that the operators of ONNX mean what they mean here.
    pub(super) fn of(model: &ModelProto) -> Result<Self, NetworkError> {
        let version = |names: &[&str]| {
            let of = model.opset_import.iter().filter(|set| names.contains(&set.domain.as_str()));
            of.map(|set| set.version).max().unwrap_or(0)
        };
        let opsets = Opsets { onnx: version(&["", "ai.onnx"]), ml: version(&["ai.onnx.ml"]) };
        match opsets.onnx {
            0 => Err(NetworkError::invalid("opset_import", "no version of the operators of ONNX, expected one")),
            // before 6, operators kept old names of attributes
            1..6 => Err(NetworkError::invalid("opset_import", format!("version {}, expected 6 or later", opsets.onnx))),
            _ => Ok(opsets),
        }
    }
}

/// A node, its place and its operator set, for errors.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) proto: &'a NodeProto,
    index: usize,
    opsets: Opsets,
}

impl<'a> Node<'a> {
    /// The operator, with its set unless that is ONNX's own.
    pub(super) fn operator(&self) -> String {
        match self.proto.domain.as_str() {
            "" | "ai.onnx" => self.proto.op_type.clone(),
            domain => format!("{domain}.{}", self.proto.op_type),
        }
    }

    /// An error about the node.
    pub(super) fn error(&self, problem: impl Into<String>) -> NetworkError {
        let name = match self.proto.name.as_str() {
            "" => self.index.to_string(),
            name => format!("{name:?}"),
        };
        let opset = match self.proto.domain.as_str() {
            "" | "ai.onnx" => format!(", opset {}", self.opsets.onnx),
            "ai.onnx.ml" => format!(", opset {}", self.opsets.ml),
            _ => String::new(),
        };
        NetworkError::invalid(format!("node {name} ({}{opset})", self.operator()), problem)
    }

    /// The name of an operand, if it is given.
    pub(super) fn input(&self, i: usize) -> Option<&'a str> {
        self.proto.input.get(i).map(String::as_str).filter(|name| !name.is_empty())
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&'a AttributeProto> {
        self.proto.attribute.iter().find(|a| a.name == name)
    }

    pub(super) fn float(&self, name: &str, default: f32) -> f64 {
        f64::from(self.attribute(name).map_or(default, |a| a.f.unwrap_or(0.0)))
    }

    pub(super) fn integer(&self, name: &str, default: i64) -> i64 {
        self.attribute(name).map_or(default, |a| a.i.unwrap_or(0))
    }
}

/// A graph whose names are resolved.
pub(super) struct Graph<'a> {
    proto: &'a GraphProto,
    opsets: Opsets,
    /// which node makes a value
    makers: HashMap<&'a str, usize>,
    initializers: HashMap<&'a str, &'a TensorProto>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(proto: &'a GraphProto, opsets: Opsets) -> Result<Self, NetworkError> {
        let mut initializers = HashMap::new();
        for tensor in &proto.initializer {
            if initializers.insert(tensor.name.as_str(), tensor).is_some() {
                let path = format!("initializer {:?}", tensor.name);
                return Err(NetworkError::invalid(path, "given twice, expected once"));
            }
        }
        if let Some(tensor) = proto.sparse_initializer.iter().find_map(|sparse| sparse.values.as_ref()) {
            let path = format!("initializer {:?}", tensor.name);
            return Err(NetworkError::invalid(path, "sparse, expected all its elements"));
        }
        let mut graph = Graph { proto, opsets, makers: HashMap::new(), initializers };
        for (index, node) in proto.node.iter().enumerate() {
            for name in node.output.iter().filter(|name| !name.is_empty()) {
                let twice =
                    graph.makers.insert(name, index).is_some() || graph.initializers.contains_key(name.as_str());
                if twice {
                    return Err(graph.node(index).error(format!("makes {name:?}, which something else makes too")));
                }
            }
        }
        Ok(graph)
    }

    pub(super) fn node(&self, index: usize) -> Node<'a> {
        Node { proto: &self.proto.node[index], index, opsets: self.opsets }
    }

    /// The node that makes a value.
    pub(super) fn maker(&self, name: &str) -> Option<Node<'a>> {
        self.makers.get(name).map(|&index| self.node(index))
    }

    pub(super) fn initializer(&self, name: &str) -> Option<&'a TensorProto> {
        self.initializers.get(name).copied()
    }

    /// The nodes that a value needs, each after those it needs itself.
    pub(super) fn order(&self, end: &str) -> Result<Vec<Node<'a>>, NetworkError> {
        #[derive(Clone, Copy, PartialEq)]
        enum Seen {
            No,
            Open,
            Done,
        }
        let mut seen = vec![Seen::No; self.proto.node.len()];
        let mut order = Vec::new();
        // a node with the number of its operands that were looked at
        let mut stack: Vec<(usize, usize)> = self.makers.get(end).map(|&index| (index, 0)).into_iter().collect();
        while let Some((index, next)) = stack.pop() {
            seen[index] = Seen::Open;
            let Some(name) = self.proto.node[index].input.get(next) else {
                seen[index] = Seen::Done;
                order.push(self.node(index));
                continue;
            };
            stack.push((index, next + 1));
            match self.makers.get(name.as_str()) {
                Some(&needed) if seen[needed] == Seen::No => stack.push((needed, 0)),
                Some(&needed) if seen[needed] == Seen::Open => {
                    return Err(self.node(needed).error("needs its own result, expected a graph without cycles"));
                }
                _ => {}
            }
        }
        Ok(order)
    }

    /// The inputs that are no constants, and their shapes with a batch of one.
    pub(super) fn inputs(&self) -> Result<Vec<(&'a str, Vec<usize>)>, NetworkError> {
        let inputs = self.proto.input.iter().filter(|input| !self.initializers.contains_key(input.name.as_str()));
        let inputs = inputs.map(|input| self.input(input)).collect::<Result<Vec<_>, _>>()?;
        let total = inputs.iter().fold(0usize, |sum, (_, shape)| sum.saturating_add(shape.iter().product()));
        if inputs.is_empty() || total > super::flow::WIDEST {
            let most = super::flow::WIDEST;
            let problem = format!(
                "{} inputs of {total} numbers, expected at least one, and at most {most} numbers",
                inputs.len()
            );
            return Err(NetworkError::invalid("graph", problem));
        }
        Ok(inputs)
    }

    fn input(&self, input: &'a ValueInfoProto) -> Result<(&'a str, Vec<usize>), NetworkError> {
        let fail = |problem: String| NetworkError::invalid(format!("input {:?}", input.name), problem);
        if self.makers.contains_key(input.name.as_str()) {
            return Err(fail("a node makes it too".to_owned()));
        }
        let tensor = input.r#type.as_ref().and_then(|t| t.tensor_type.as_ref());
        let tensor = tensor.ok_or_else(|| fail("no tensor, expected a tensor of real numbers".to_owned()))?;
        use data_type::{BFLOAT16, DOUBLE, FLOAT, FLOAT16};
        if ![FLOAT, DOUBLE, FLOAT16, BFLOAT16].contains(&tensor.elem_type) {
            let kind = data_type::name(tensor.elem_type);
            return Err(fail(format!("elements of type {kind}, expected float, double, float16 or bfloat16")));
        }
        let dims = &tensor.shape.as_ref().ok_or_else(|| fail("no shape, expected one".to_owned()))?.dim;
        let sizes: Vec<Option<usize>> = dims
            .iter()
            .map(|d| d.dim_value.and_then(|size| usize::try_from(size).ok()).filter(|&size| size > 0))
            .collect();
        let mut shape = Vec::new();
        for (i, size) in sizes.iter().take(RANK + 1).enumerate() {
            // the first size of several is that of the batch, which may be open
            let batch = i == 0 && sizes.len() > 1;
            let open = || fail(format!("size {i} of the shape is open, expected a number"));
            shape.push(size.or(batch.then_some(1)).ok_or_else(open)?);
        }
        let width =
            volume(&shape).filter(|&width| shape.len() <= RANK && !shape.is_empty() && width <= super::flow::WIDEST);
        match width {
            Some(_) => Ok((&input.name, shape)),
            None => {
                let most = super::flow::WIDEST;
                Err(fail(format!(
                    "the shape {:?}, expected at most {most} numbers in up to {RANK} sizes",
                    short(&shape)
                )))
            }
        }
    }

    /// The value that is the network's output, and the names of its classes where the graph tells.
    ///
    /// Of several outputs it is the one that is no label. `ZipMap` (scikit-learn's dictionaries) is taken off.
    pub(super) fn output(&self) -> Result<(&'a str, Option<Vec<String>>), NetworkError> {
        let outputs: Vec<&str> = self.proto.output.iter().map(|output| output.name.as_str()).collect();
        let labels: Vec<Option<Node<'a>>> = outputs.iter().map(|name| self.label(name)).collect();
        let mut found = outputs.iter().zip(&labels).filter(|(_, label)| label.is_none()).map(|(&name, _)| name);
        let name = match (found.next(), found.next()) {
            (Some(name), None) => name,
            (None, _) => {
                return Err(match labels.into_iter().flatten().next() {
                    Some(node) => {
                        node.error("it makes the only output, a label, expected an output of logits or probabilities")
                    }
                    None => NetworkError::invalid("graph", "no outputs, expected 1"),
                });
            }
            (Some(_), Some(_)) => {
                let shown = short(&outputs);
                let problem = format!("{} outputs {shown:?}, expected one that is no label", outputs.len());
                return Err(NetworkError::invalid("graph", problem));
            }
        };
        let zip = self.maker(name).filter(|node| node.operator() == "ai.onnx.ml.ZipMap");
        let Some(zip) = zip else {
            let classes = labels.into_iter().flatten().find_map(|label| self.label_names(label));
            return Ok((name, classes));
        };
        let of = zip.input(0).ok_or_else(|| zip.error("no operand, expected the probabilities"))?;
        let classes = match (zip.attribute("classlabels_strings"), zip.attribute("classlabels_int64s")) {
            (Some(names), _) => names.strings.iter().map(|s| String::from_utf8_lossy(s).into_owned()).collect(),
            (None, Some(names)) => names.ints.iter().map(i64::to_string).collect(),
            (None, None) => return Err(zip.error("no classlabels_strings or classlabels_int64s, expected one")),
        };
        Ok((of, Some(classes)))
    }

    /// The node that makes an output a label instead of a number per class.
    fn label(&self, output: &str) -> Option<Node<'a>> {
        let mut name = output;
        // no path is longer than the graph, unless it is a cycle
        for _ in 0..=self.proto.node.len() {
            let node = self.maker(name)?;
            match node.operator().as_str() {
                "ArgMax" | "ArgMin" | "TopK" | "ai.onnx.ml.ArrayFeatureExtractor" | "ai.onnx.ml.LabelEncoder" => {
                    return Some(node);
                }
                "Cast" | "Reshape" | "Identity" | "Squeeze" | "Unsqueeze" | "Flatten" => name = node.input(0)?,
                _ => return None,
            }
        }
        None
    }

    /// The names that a label picks from.
    fn label_names(&self, label: Node<'a>) -> Option<Vec<String>> {
        if label.operator() != "ai.onnx.ml.ArrayFeatureExtractor" {
            return None;
        }
        let tensor = Tensor::decode(self.initializer(label.input(0)?)?).ok()?;
        match tensor.data {
            super::tensor::Data::Integer(data) => Some(data.iter().map(i64::to_string).collect()),
            super::tensor::Data::Text(data) => Some(data),
            super::tensor::Data::Real(_) => None,
        }
    }
}
