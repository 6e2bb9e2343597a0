//! `quantproof generate`: completions for shells, and the manual page.

use super::{Cli, Failure, Status};
use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::Shell;
use std::io::Write;

/// Print completions for a shell, or the manual page
///
/// For example: quantproof generate bash > ~/.local/share/bash-completion/completions/quantproof
#[derive(Args)]
pub(super) struct Arguments {
    /// For which shell, or `man` for the manual page
    what: What,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    Bash,
    Elvish,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
    Zsh,
    Man,
}

impl Arguments {
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let mut command = Cli::command();
        let shell = match self.what {
            What::Bash => Shell::Bash,
            What::Elvish => Shell::Elvish,
            What::Fish => Shell::Fish,
            What::PowerShell => Shell::PowerShell,
            What::Zsh => Shell::Zsh,
            What::Man => {
                command.build();
                manual(&command, out)?;
                return Ok(Status::Done);
            }
        };
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command, "quantproof", &mut text);
        out.write_all(&text)?;
        Ok(Status::Done)
    }
}

/// The page of the command, and after it those of its subcommands.
fn manual(command: &clap::Command, out: &mut dyn Write) -> std::io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(out)?;
    let shown = command.get_subcommands().filter(|command| !command.is_hide_set() && command.get_name() != "help");
    shown.into_iter().try_for_each(|command| manual(command, out))
}
