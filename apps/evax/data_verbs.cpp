#include "apps/evax/data_verbs.h"

#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>

#include "evax/tasks/bench/data_bench.h"
#include "evax/tasks/data/data_check.h"
#include "evax/tasks/data/data_merge.h"
#include "evax/tasks/data/data_pack.h"
#include "evax/tasks/data/data_prepare.h"
#include "evax/tasks/data/data_split.h"
#include "evax/tasks/data/data_stats.h"

namespace evax::app {
namespace {

// An option that stands for the key of that name in a recipe's table [data].
void add_setting(CLI::App* verb, const std::string& flag, const std::string& key,
                 tasks::DataSource& source, const std::string& description,
                 const std::string& type = "FILE") {
  const auto set = [&source, key](const std::string& text) {
    source.settings.push_back("data." + key + "=" + nlohmann::json(text).dump());
  };
  verb->add_option_function<std::string>(flag, set, description)->type_name(type);
}

void add_names(CLI::App* verb, const std::string& flag, const std::string& key,
               tasks::DataSource& source, const std::string& description) {
  const auto set = [&source, key](const std::vector<std::string>& names) {
    source.settings.push_back("data." + key + "=" + nlohmann::json(names).dump());
  };
  verb->add_option_function<std::vector<std::string>>(flag, set, description)
      ->delimiter(',')
      ->type_name("A,B,...");
}

void add_number(CLI::App* verb, const std::string& flag, const std::string& key,
                tasks::DataSource& source, const std::string& description,
                const std::string& type) {
  const auto set = [&source, key](const std::string& text) {
    source.settings.push_back("data." + key + "=" + text);
  };
  verb->add_option_function<std::string>(flag, set, description)
      ->type_name(type)
      ->check(CLI::Number);
}

void add_source(CLI::App* verb, tasks::DataSource& source) {
  verb->add_option("recipe", source.recipe, "TOML file with a table [data]; options override it")
      ->type_name("RECIPE");
  add_setting(verb, "--kind", "kind", source, "Kind of the lists (docs/data.md)",
              "cxr14|chexpert|covidx3|covidx4|csv|folder|shards|merged");
  add_setting(verb, "--images", "images", source,
              "Folder that paths in the lists are relative to [each list's own]", "DIR");
  add_setting(verb, "--train", "train", source,
              "Training list; for the kinds folder and shards a folder below --images");
  add_names(verb, "--classes", "classes", source, "Class names [what the lists say]");
  add_names(verb, "--meta", "meta", source, "Columns of a CSV list that are not classes [none]");
  add_number(verb, "--bits", "bits", source,
             "Depth of 16-bit PNGs and of VOI LUTs, 8 to 16 [what their values use]", "N");
  add_setting(verb, "--patient-column", "split.patient_column", source,
              "Column with the patient in a CSV list [patient]", "NAME");
  add_force(verb, source.settings);
}

void add_lists(CLI::App* verb, tasks::DataSource& source) {
  add_setting(verb, "--val", "val", source, "Validation list");
  add_setting(verb, "--test", "test", source, "Test list");
}

void add_check(CLI::App& data, Action& action) {
  auto options = std::make_shared<tasks::DataCheckOptions>();
  CLI::App* verb =
      add_verb(data, "check",
               "Open every image: unreadable files, copies and patients in two lists, label counts",
               "--kind csv --images xrays --train train.csv --test test.csv");
  add_source(verb, options->source);
  add_lists(verb, options->source);
  verb->add_flag_callback(
      "--allow-leak", [options] { options->source.settings.emplace_back("data.allow_leak=true"); },
      "Exit 0 though a patient or an image is in two lists");
  verb->add_flag("--json", options->json, "For programs");
  add_threads(verb, options->threads);
  verb->callback(
      [options, &action] { action = [options] { return tasks::data_check(*options); }; });
}

void add_split(CLI::App& data, Action& action) {
  auto options = std::make_shared<tasks::DataSplitOptions>();
  CLI::App* verb = add_verb(
      data, "split", "Split images into train.csv, val.csv and test.csv, each patient in one list",
      "--kind folder --images xrays -o lists");
  add_source(verb, options->source);
  add_number(verb, "--val-share", "split.val", options->source,
             "Share of the patients (images, where no patient is known) for validation [0.1]",
             "0..1");
  add_number(verb, "--test-share", "split.test", options->source,
             "The same for the test list [0.2]", "0..1");
  add_number(verb, "--seed", "split.seed", options->source, "Seed of the split [0]", "N");
  verb->add_option("-o,--output", options->output, "Folder to write the lists into")
      ->required()
      ->type_name("DIR");
  verb->callback([options, &action] {
    action = [options] {
      tasks::data_split(*options);
      return 0;
    };
  });
}

void add_stats(CLI::App& data, Action& action) {
  auto options = std::make_shared<tasks::DataStatsOptions>();
  CLI::App* verb =
      add_verb(data, "stats", "Mean and standard deviation of all pixels, sizes, label counts",
               "--kind folder --images xrays");
  add_source(verb, options->source);
  add_lists(verb, options->source);
  verb->add_flag("--json", options->json, "For programs");
  add_threads(verb, options->threads);
  verb->callback(
      [options, &action] { action = [options] { return tasks::data_stats(*options); }; });
}

constexpr int largest_size = 8192;

// "2/3"
bool parse_part(const std::string& text, uint32_t& part, uint32_t& parts) {
  const char* end = text.data() + text.size();
  const auto [slash, error] = std::from_chars(text.data(), end, part);
  if (error != std::errc() || slash == end || *slash != '/') return false;
  const auto [last, failed] = std::from_chars(slash + 1, end, parts);
  return failed == std::errc() && last == end && part >= 1 && part <= parts;
}

void add_pack(CLI::App& data, Action& action) {
  auto options = std::make_shared<tasks::DataPackOptions>();
  data::PackOptions& pack = options->pack;
  CLI::App* verb = add_verb(data, "pack", "Pack lists into shards that train fast, resumable",
                            "recipes/cxr14/small.toml -o shards --part 1/4");
  add_source(verb, options->source);
  add_lists(verb, options->source);
  verb->add_option("-o,--output", pack.folder, "Folder for train/, val/ and test/")
      ->required()
      ->type_name("DIR");
  verb->add_option("--size", pack.size,
                   "Side of the packed images in pixels; 0 keeps every size [336]")
      ->type_name("PIXELS")
      ->check(CLI::Range(0, largest_size));
  const auto set_part = [&pack](const std::string& text) {
    if (!parse_part(text, pack.part, pack.parts))
      throw CLI::ValidationError("--part", "expected I/N, I from 1 to N, found " + text);
  };
  verb->add_option_function<std::string>(
          "--part", set_part, "This machine's share, every N-th shard from the I-th on [1/1]")
      ->type_name("I/N");
  verb->add_option("--shard-bytes", pack.shard_bytes, "Size of a file, about [134217728]")
      ->type_name("BYTES")
      ->check(CLI::PositiveNumber);
  verb->get_option("--force")->description(
      "Read DICOM files of any modality, and pack shards again whose images have changed");
  add_threads(verb, pack.threads);
  verb->callback([options, verb, &action] {
    options->pack.repack = verb->count("--force") > 0;
    action = [options] { return tasks::data_pack(*options); };
  });
}

void add_prepare(CLI::App& data, Action& action) {
  auto options = std::make_shared<tasks::DataPrepareOptions>();
  data::AnnotatedSource& source = options->source;
  CLI::App* verb = add_verb(
      data, "prepare", "Images, masks and lists for segmentation from a published data set",
      "siim train-rle.csv dicom-images-train -o siim --train-list train.txt --test-list test.txt");
  verb->add_option("kind", source.kind, "Kind of the data set (docs/segmentation-data.md)")
      ->required()
      ->type_name("siim|rsna|shenzhen|montgomery|jsrt|v7|folder");
  verb->add_option(
          "sources", source.paths,
          "siim, rsna: CSV, folder of DICOM files. shenzhen, jsrt: folders of images and of "
          "masks. montgomery: its folder. v7: a folder with images/ and masks/, then "
          "tables. folder: a folder with images/ and masks/, or these two")
      ->required()
      ->type_name("SRC");
  verb->add_option("-o,--output", options->output,
                   "Folder for images/, masks/ and train.csv and test.csv, or all.csv")
      ->required()
      ->type_name("DIR");
  add_choice<data::Annotations>(
      verb, "--annotations", source.annotations,
      {{"union", data::Annotations::together}, {"last", data::Annotations::last}}, "union",
      "Rows of an image to use: all, or the last one as the paper's scripts do");
  verb->add_option("--train-list", options->train_list,
                   "Names of the training images, one a line [those not in --test-list]")
      ->type_name("FILE");
  verb->add_option("--test-list", options->test_list,
                   "Names of the test images [those not in --train-list]")
      ->type_name("FILE");
  verb->add_option("--patients", source.patients,
                   "CSV with columns image and patient [patients named in the sources]")
      ->type_name("FILE");
  verb->add_option("--classes", source.classes, "folder: classes of 1, 2, ... in masks [target]")
      ->delimiter(',')
      ->type_name("A,B,...");
  verb->add_option("--tier", source.tier, "v7: only images of this licence tier [all]")
      ->type_name("TIER");
  add_reading(verb, options->reading);
  add_threads(verb, options->threads);
  verb->callback(
      [options, &action] { action = [options] { return tasks::data_prepare(*options); }; });
}

void add_merge(CLI::App& data, Action& action) {
  auto options = std::make_shared<tasks::DataMergeOptions>();
  CLI::App* verb = add_verb(data, "merge",
                            "Make a corpus from its packed parts: what belongs to it, and a report",
                            "merged520k");
  verb->add_option("folder", options->folder, "Folder with every part that evax data pack wrote")
      ->required()
      ->type_name("DIR");
  add_threads(verb, options->threads);
  verb->callback(
      [options, &action] { action = [options] { return tasks::data_merge(*options); }; });
}

void add_data_bench(CLI::App& data, Action& action) {
  auto options = std::make_shared<tasks::DataBenchOptions>();
  CLI::App* verb = add_verb(data, "bench", "Images per second from files and from shards, by stage",
                            "--kind folder --images xrays");
  add_source(verb, options->source);
  add_lists(verb, options->source);
  verb->add_option("--count", options->count, "Images to measure with, at most [256]")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000'000));
  verb->add_option("--size", options->size,
                   "Side of the packed images in pixels; 0 keeps every size [336]")
      ->type_name("PIXELS")
      ->check(CLI::Range(0, largest_size));
  verb->add_option("--seconds", options->seconds, "Seconds per row [2]")->type_name("S");
  verb->add_flag("--json", options->json, "For programs");
  verb->callback([options, &action] {
    action = [options] {
      tasks::data_bench(*options);
      return 0;
    };
  });
}

}  // namespace

void add_data(CLI::App& app, Action& action) {
  CLI::App* data =
      add_verb(app, "data", "Lists of X-rays: check, split, measure, prepare and pack them",
               "check --kind folder --images xrays");
  data->require_subcommand(1);
  add_check(*data, action);
  add_split(*data, action);
  add_stats(*data, action);
  add_prepare(*data, action);
  add_pack(*data, action);
  add_merge(*data, action);
  add_data_bench(*data, action);
}

}  // namespace evax::app
