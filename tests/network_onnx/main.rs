//! The ONNX reader and writer: operators one by one, hostile files, and files that other programs wrote.

mod build;
mod files;
mod hostile;
mod operators;
mod quantised;
mod recorded;
