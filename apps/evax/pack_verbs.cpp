#include "apps/evax/pack_verbs.h"

#include <charconv>
#include <memory>
#include <string>

#include "evax/tasks/data_bench.h"
#include "evax/tasks/data_pack.h"

namespace evax::app {
namespace {

using Action = std::function<int()>;

constexpr int largest_size = 8192;

// "2/3"
bool parse_part(const std::string& text, uint32_t& part, uint32_t& parts) {
  const char* end = text.data() + text.size();
  const auto [slash, error] = std::from_chars(text.data(), end, part);
  if (error != std::errc() || slash == end || *slash != '/') return false;
  const auto [last, failed] = std::from_chars(slash + 1, end, parts);
  return failed == std::errc() && last == end && part >= 1 && part <= parts;
}

void add_dataset(CLI::App* verb, std::string& dataset, std::vector<std::string>& overrides) {
  verb->add_option("dataset", dataset, "TOML file with a table [data], a recipe for instance")
      ->required();
  verb->add_option("overrides", overrides, "Other values, data.images=/elsewhere")
      ->type_name("KEY=VALUE");
}

void add_pack(CLI::App& data, Action& action) {
  auto options = std::make_shared<tasks::DataPackOptions>();
  data::PackOptions& pack = options->pack;
  CLI::App* verb = data.add_subcommand(
      "pack", "Pack a data set's lists into shards that train fast; goes on after a kill");
  verb->footer("Example: evax data pack recipes/cxr14_s.toml -o shards --part 1/4");
  add_dataset(verb, options->dataset, options->overrides);
  verb->add_option("-o,--output", pack.folder, "Folder for train/, val/ and test/")
      ->required()
      ->type_name("DIR");
  verb->add_option("--size", pack.size, "Pixels, squared; 0 keeps every size [336]")
      ->type_name("PIXELS")
      ->check(CLI::Range(0, largest_size));
  verb->add_option("--part", "This machine's share, every n-th shard from the i-th on [1/1]")
      ->type_name("I/N")
      ->each([&pack](const std::string& text) {
        if (!parse_part(text, pack.part, pack.parts))
          throw CLI::ValidationError("--part", "expected I/N, I from 1 to N, found " + text);
      });
  verb->add_option("--shard-bytes", pack.shard_bytes, "About, of one file [134217728]")
      ->type_name("BYTES")
      ->check(CLI::PositiveNumber);
  verb->add_option("--threads", pack.threads, "Threads, 0 for all the process may use [0]")
      ->type_name("N")
      ->check(CLI::Range(0, 1024));
  verb->callback([options, &action] { action = [options] { return tasks::data_pack(*options); }; });
}

void add_bench(CLI::App& data, Action& action) {
  auto options = std::make_shared<tasks::DataBenchOptions>();
  CLI::App* verb = data.add_subcommand(
      "bench", "Images per second from files and from shards, and where the time goes");
  verb->footer("Example: evax data bench recipes/cxr14_s.toml");
  add_dataset(verb, options->dataset, options->overrides);
  verb->add_option("--images", options->images, "Images to measure with, at most [256]")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  verb->add_option("--size", options->size, "Pixels of the shards, squared; 0 keeps them [336]")
      ->type_name("PIXELS")
      ->check(CLI::Range(0, largest_size));
  verb->add_option("--seconds", options->seconds, "Measured for each row [2]")->type_name("S");
  verb->add_flag("--json", options->json, "For programs");
  verb->callback([options, &action] {
    action = [options] {
      tasks::data_bench(*options);
      return 0;
    };
  });
}

}  // namespace

void add_pack_verbs(CLI::App& data, Action& action) {
  add_pack(data, action);
  add_bench(data, action);
}

}  // namespace evax::app
