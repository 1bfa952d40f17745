#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "evax/core/toml.h"
#include "evax/data/corpus/config.h"
#include "evax/data/dataset.h"

namespace evax::tasks {

/// Where a `data` verb takes its lists from: a recipe's [data] table, settings "data.key=value" of
/// the command line, or both, where the settings win.
struct DataSource {
  std::string recipe;  // TOML file; empty: none
  std::vector<std::string> settings;
};

/// All tables of the recipe, as the settings leave them.
TomlTable open_source(const DataSource& source);

/// The [data] table that they make. Throws UsageError when nothing names a data set, else Error as
/// read_data_config does.
data::DataConfig read_source(const DataSource& source);

/// The same table where its kind is "merged" and it has sources: a corpus to be made. Otherwise
/// nothing, and read_source() reads it.
std::optional<data::CorpusConfig> read_corpus_source(const DataSource& source);

/// Its lists whole and as they are: uncertain labels do not count (NaN), no fraction is taken, and
/// leaks are let pass. Says on stderr what load_splits found worth saying.
data::Splits load_as_given(data::DataConfig config);

/// "--threads 0" is every thread the process may use.
size_t threads_of(size_t wanted);

}  // namespace evax::tasks
