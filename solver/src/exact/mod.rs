//! Exact and certified high-precision numbers. This module shares no code with `interval`, so that a witness found by
//! the search is judged by something else.
