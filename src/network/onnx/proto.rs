//! The messages of ONNX that a chain of dense layers needs, with the field numbers of `onnx.proto`.
//!
//! Fields that are not declared here (documentation, subgraphs, functions, …) are skipped on reading, as protocol
//! buffers provide. Fields whose presence matters are options.

use prost::Message;

/// `TensorProto.DataType` of the element types that are read.
pub mod data_type {
    #![allow(missing_docs, reason = "names of the specification")]
    pub const FLOAT: i32 = 1;
    pub const UINT8: i32 = 2;
    pub const INT8: i32 = 3;
    pub const UINT16: i32 = 4;
    pub const INT16: i32 = 5;
    pub const INT32: i32 = 6;
    pub const INT64: i32 = 7;
    pub const STRING: i32 = 8;
    pub const FLOAT16: i32 = 10;
    pub const DOUBLE: i32 = 11;
    pub const BFLOAT16: i32 = 16;
    pub const FLOAT8E4M3FN: i32 = 17;
    pub const FLOAT8E5M2: i32 = 19;
    pub const UINT4: i32 = 21;
    pub const INT4: i32 = 22;

    /// What the specification calls an element type.
    pub fn name(data_type: i32) -> String {
        const NAMES: [&str; 27] = [
            "undefined",
            "float",
            "uint8",
            "int8",
            "uint16",
            "int16",
            "int32",
            "int64",
            "string",
            "bool",
            "float16",
            "double",
            "uint32",
            "uint64",
            "complex64",
            "complex128",
            "bfloat16",
            "float8e4m3fn",
            "float8e4m3fnuz",
            "float8e5m2",
            "float8e5m2fnuz",
            "uint4",
            "int4",
            "float4e2m1",
            "float8e8m0",
            "uint2",
            "int2",
        ];
        let known = usize::try_from(data_type).ok().and_then(|index| NAMES.get(index));
        known.map_or_else(|| format!("element type {data_type}"), |&name| name.to_owned())
    }
}

/// A whole file.
#[derive(Clone, PartialEq, Message)]
pub struct ModelProto {
    /// version of the file format
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    /// the program that wrote the file
    #[prost(string, tag = "2")]
    pub producer_name: String,
    /// the network
    #[prost(message, optional, tag = "7")]
    pub graph: Option<GraphProto>,
    /// the operator sets that the graph uses
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<OperatorSetIdProto>,
    /// anything, under names of one's own
    #[prost(message, repeated, tag = "14")]
    pub metadata_props: Vec<StringStringEntryProto>,
}

/// A version of a set of operators.
#[derive(Clone, PartialEq, Message)]
pub struct OperatorSetIdProto {
    /// empty for the operators of ONNX itself
    #[prost(string, tag = "1")]
    pub domain: String,
    /// its version
    #[prost(int64, tag = "2")]
    pub version: i64,
}

/// A key and its value.
#[derive(Clone, PartialEq, Message)]
pub struct StringStringEntryProto {
    /// the key
    #[prost(string, tag = "1")]
    pub key: String,
    /// the value
    #[prost(string, tag = "2")]
    pub value: String,
}

/// Nodes and the values that flow between them, by name.
#[derive(Clone, PartialEq, Message)]
pub struct GraphProto {
    /// in an order in which they can be computed
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<NodeProto>,
    /// the graph's name
    #[prost(string, tag = "2")]
    pub name: String,
    /// constants
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<TensorProto>,
    /// the inputs; those that are also initializers have that value
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfoProto>,
    /// the outputs
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfoProto>,
    /// constants with few numbers that are not 0, which are not read
    #[prost(message, repeated, tag = "15")]
    pub sparse_initializer: Vec<SparseTensorProto>,
}

/// A sparse tensor, of which only the name is read.
#[derive(Clone, PartialEq, Message)]
pub struct SparseTensorProto {
    /// the numbers that are not 0; the tensor has its name
    #[prost(message, optional, tag = "1")]
    pub values: Option<TensorProto>,
}

/// One application of an operator.
#[derive(Clone, PartialEq, Message)]
pub struct NodeProto {
    /// names of the operands, empty for one that is left out
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    /// names of the results
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    /// the node's name, possibly empty
    #[prost(string, tag = "3")]
    pub name: String,
    /// the operator
    #[prost(string, tag = "4")]
    pub op_type: String,
    /// its attributes
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<AttributeProto>,
    /// the operator's set
    #[prost(string, tag = "7")]
    pub domain: String,
}

/// A constant argument of an operator.
#[derive(Clone, PartialEq, Message)]
pub struct AttributeProto {
    /// the attribute's name
    #[prost(string, tag = "1")]
    pub name: String,
    /// a number
    #[prost(float, optional, tag = "2")]
    pub f: Option<f32>,
    /// an integer
    #[prost(int64, optional, tag = "3")]
    pub i: Option<i64>,
    /// a text
    #[prost(bytes = "vec", optional, tag = "4")]
    pub s: Option<Vec<u8>>,
    /// a tensor
    #[prost(message, optional, tag = "5")]
    pub t: Option<TensorProto>,
    /// numbers
    #[prost(float, repeated, tag = "7")]
    pub floats: Vec<f32>,
    /// integers
    #[prost(int64, repeated, tag = "8")]
    pub ints: Vec<i64>,
    /// texts
    #[prost(bytes = "vec", repeated, tag = "9")]
    pub strings: Vec<Vec<u8>>,
    /// which of them it is
    #[prost(int32, tag = "20")]
    pub r#type: i32,
}

/// A constant: its shape, and its elements either as raw little-endian bytes or in the field of their type.
#[derive(Clone, PartialEq, Message)]
pub struct TensorProto {
    /// the shape
    #[prost(int64, repeated, tag = "1")]
    pub dims: Vec<i64>,
    /// see [`data_type`]
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    /// elements of type float
    #[prost(float, repeated, tag = "4")]
    pub float_data: Vec<f32>,
    /// elements of type int32 and all shorter integers, and the bits of shorter floats; two elements of 4 bits share one
    #[prost(int32, repeated, tag = "5")]
    pub int32_data: Vec<i32>,
    /// elements of type string
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub string_data: Vec<Vec<u8>>,
    /// elements of type int64
    #[prost(int64, repeated, tag = "7")]
    pub int64_data: Vec<i64>,
    /// the tensor's name
    #[prost(string, tag = "8")]
    pub name: String,
    /// elements of any type but string
    #[prost(bytes = "vec", optional, tag = "9")]
    pub raw_data: Option<Vec<u8>>,
    /// elements of type double
    #[prost(double, repeated, tag = "10")]
    pub double_data: Vec<f64>,
    /// where the elements are, if not in this file
    #[prost(message, repeated, tag = "13")]
    pub external_data: Vec<StringStringEntryProto>,
    /// 1 if the elements are not in this file
    #[prost(int32, tag = "14")]
    pub data_location: i32,
}

/// An input or an output.
#[derive(Clone, PartialEq, Message)]
pub struct ValueInfoProto {
    /// the value's name
    #[prost(string, tag = "1")]
    pub name: String,
    /// its type
    #[prost(message, optional, tag = "2")]
    pub r#type: Option<TypeProto>,
}

/// A type, of which only tensors are read.
#[derive(Clone, PartialEq, Message)]
pub struct TypeProto {
    /// set for a tensor
    #[prost(message, optional, tag = "1")]
    pub tensor_type: Option<TensorTypeProto>,
}

/// The type of a tensor.
#[derive(Clone, PartialEq, Message)]
pub struct TensorTypeProto {
    /// see [`data_type`]
    #[prost(int32, tag = "1")]
    pub elem_type: i32,
    /// the shape, if known
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
}

/// A shape.
#[derive(Clone, PartialEq, Message)]
pub struct TensorShapeProto {
    /// the sizes
    #[prost(message, repeated, tag = "1")]
    pub dim: Vec<DimensionProto>,
}

/// A size: a number, or a name for one that is not fixed.
#[derive(Clone, PartialEq, Message)]
pub struct DimensionProto {
    /// the number
    #[prost(int64, optional, tag = "1")]
    pub dim_value: Option<i64>,
    /// the name
    #[prost(string, optional, tag = "2")]
    pub dim_param: Option<String>,
}
