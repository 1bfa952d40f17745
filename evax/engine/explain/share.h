#pragma once

#include "evax/engine/team.h"
#include "evax/engine/workspace.h"

namespace evax::engine {

/// A thread and its rows of an image; without a team, all of them.
struct Share {
  Rows rows;
  Team* team = nullptr;
  size_t member = 0;

  bool leads() const { return member == 0; }
  size_t members() const { return team == nullptr ? 1 : team->size(); }
  void wait() const {
    if (team != nullptr) team->barrier();
  }
};

}  // namespace evax::engine
