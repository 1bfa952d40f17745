#pragma once

#include "evax/data/shards/pack.h"
#include "evax/tasks/data/data_source.h"

namespace evax::tasks {

struct DataPackOptions {
  DataSource source;
  data::PackOptions pack;  // `folder`: lists go to FOLDER/train, FOLDER/val, ...
};

/// `evax data pack`: a data set's lists -> shards (docs/shards.md), labels as they are written; of
/// the kind "merged" the sources of a corpus, merged too where there is one part (docs/corpus.md).
/// Returns the exit code: 3 when files could not be read.
int data_pack(const DataPackOptions& options);

}  // namespace evax::tasks
