#pragma once

namespace evax {

/// Temporary names that signal handlers remove (handle_signals). The text must stay where it is
/// until it is forgotten; one that finds no free place goes without.
void remember_unfinished(const char* name);
void forget_unfinished(const char* name);

}  // namespace evax
