//! The guide: what the commands answer, page by page. The tests run every example.
//!
//! Start with [`first_answers`]. [`claims`] says what is proved and what is not, and explains the words used here.

#[doc = include_str!("first_answers.md")]
pub mod first_answers {}

#[doc = include_str!("formats.md")]
pub mod formats {}

#[doc = include_str!("two_networks.md")]
pub mod two_networks {}

#[doc = include_str!("data.md")]
pub mod data {}

#[doc = include_str!("regions_and_faults.md")]
pub mod regions_and_faults {}

#[doc = include_str!("properties.md")]
pub mod properties {}

#[doc = include_str!("model_files.md")]
pub mod model_files {}

#[doc = include_str!("reports.md")]
pub mod reports {}

#[doc = include_str!("claims.md")]
pub mod claims {}

#[doc = include_str!("figures.md")]
pub mod figures {}
