#include "evax/tasks/bench/bench.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "evax/core/error.h"
#include "evax/core/json_text.h"
#include "evax/engine/measure.h"
#include "evax/tasks/bench/peer.h"
#include "evax/tasks/inputs.h"
#include "evax/tasks/output.h"
#include "evax/weights/cost.h"

namespace evax::tasks {
namespace {

using engine::Precision;

constexpr int rounds = 7;
constexpr double peak_seconds = 0.05;

bool is_int8(const weights::ModelFile& file) { return file.metadata.quantization.has_value(); }

std::string name_of(Precision precision) { return precision == Precision::bf16 ? "bf16" : "fp32"; }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// An engine at a number of threads, ready to run.
class Contestant {
 public:
  Contestant(std::string its_name, std::string its_precision)
      : name(std::move(its_name)), precision(std::move(its_precision)) {}
  virtual ~Contestant() = default;
  virtual double images_per_second(size_t batch, double seconds) = 0;

  const std::string name, precision;
};

// Whose multiply-adds in registers a speed is compared with; none for int8.
std::optional<Precision> peak_of(const std::string& precision) {
  if (precision == "fp32") return Precision::fp32;
  if (precision == "bf16") return Precision::bf16;
  return std::nullopt;
}

class Evax : public Contestant {
 public:
  Evax(const weights::ModelFile& file, Precision its_precision, size_t threads)
      : Contestant("evax " + engine::kernel_name(its_precision, is_int8(file)),
                   (is_int8(file) ? "int8+" : "") + name_of(its_precision)),
        session(file, {its_precision, threads}) {}
  double images_per_second(size_t batch, double seconds) override {
    return engine::images_per_second(session, batch, seconds);
  }

  const engine::Session session;
};

class OnePeer : public Contestant {
 public:
  OnePeer(Peer& peer, size_t threads)
      : Contestant(peer.name(), peer.precision()), peer_(peer), threads_(threads) {}
  double images_per_second(size_t batch, double seconds) override {
    peer_.start(batch, threads_, seconds);
    return peer_.result();
  }

 private:
  Peer& peer_;
  size_t threads_;
};

// Instances of one thread each, side by side: how the peers make best use of several cores.
class ManyPeers : public Contestant {
 public:
  explicit ManyPeers(std::vector<Peer*> peers)
      : Contestant(fmt::format("{}, {} x 1", peers[0]->name(), peers.size()),
                   peers[0]->precision()),
        peers_(std::move(peers)) {}
  double images_per_second(size_t batch, double seconds) override {
    for (Peer* peer : peers_) peer->start(batch, 1, seconds);
    double sum = 0;
    for (Peer* peer : peers_) sum += peer->result();
    return sum;
  }

 private:
  std::vector<Peer*> peers_;
};

struct Row {
  std::string engine, precision;
  size_t batch, threads;
  double images_per_second;
  std::optional<double> fraction_of_peak;  // not of int8, nor of decoders: evax
                                           // spares some of their arithmetic
};

class Bench {
 public:
  explicit Bench(const BenchOptions& options)
      : options_(options),
        file_(load_model(options.model)),
        flops_(weights::flops_per_image(file_.metadata.model)) {
    if (options.peers || !options.only.empty()) start_peers();
  }

  void run() {
    for (const size_t threads : options_.threads) {
      std::vector<std::unique_ptr<Contestant>> contestants = line_up(threads);
      for (const size_t batch : options_.batch) measure(contestants, batch, threads);
      for (const auto& contestant : contestants)
        if (const auto* evax = dynamic_cast<const Evax*>(contestant.get()))
          profiles_.push_back(describe_profile(*evax, threads));
    }
  }

  std::string json() const;
  std::string table() const;

 private:
  void start_peers() {
    tools_ = std::make_unique<PeerTools>(file_, options_.model);
    const size_t most = *std::max_element(options_.threads.begin(), options_.threads.end());
    for (const std::string& engine : wanted_peers()) {
      auto& instances = peers_.emplace_back();
      for (size_t i = 0; i < most; ++i)
        instances.push_back(std::make_unique<Peer>(tools_->worker(engine)));
    }
  }

  std::vector<std::string> wanted_peers() const {
    const auto all = PeerTools::engines(engine::has_bf16());
    for (const std::string& name : options_.only)
      if (std::find(all.begin(), all.end(), name) == all.end())
        throw UsageError(
            fmt::format("--peer: expected some of {}, found {}", fmt::join(all, ", "), name));
    return options_.only.empty() ? all : options_.only;
  }

  std::vector<Precision> precisions() const {
    if (options_.precision != Precision::automatic) return {options_.precision};
    if (engine::has_bf16()) return {Precision::fp32, Precision::bf16};
    return {Precision::fp32};
  }

  std::vector<std::unique_ptr<Contestant>> line_up(size_t threads) {
    std::vector<std::unique_ptr<Contestant>> contestants;
    for (const Precision precision : precisions())
      contestants.push_back(std::make_unique<Evax>(file_, precision, threads));
    for (auto& instances : peers_) {
      contestants.push_back(std::make_unique<OnePeer>(*instances[0], threads));
      if (threads == 1) continue;
      std::vector<Peer*> side_by_side;
      for (size_t i = 0; i < threads; ++i) side_by_side.push_back(instances[i].get());
      contestants.push_back(std::make_unique<ManyPeers>(std::move(side_by_side)));
    }
    return contestants;
  }

  void measure(std::vector<std::unique_ptr<Contestant>>& contestants, size_t batch,
               size_t threads) {
    std::vector<std::vector<double>> rates(contestants.size());
    std::vector<std::vector<double>> fractions(contestants.size());
    for (const auto& contestant : contestants) contestant->images_per_second(batch, 0);  // warm up
    for (int round = 0; round < rounds; ++round)
      for (size_t i = 0; i < contestants.size(); ++i) {
        const std::optional<Precision> precision = peak_of(contestants[i]->precision);
        const auto peak = [&] {
          return precision ? engine::peak_flops(*precision, threads, peak_seconds) : 0;
        };
        const double before = peak();
        const double rate = contestants[i]->images_per_second(batch, options_.seconds / rounds);
        rates[i].push_back(rate);
        if (precision) fractions[i].push_back(rate * flops_ / ((before + peak()) / 2));
      }
    for (size_t i = 0; i < contestants.size(); ++i) {
      Row& row = rows_.emplace_back(contestants[i]->name, contestants[i]->precision, batch, threads,
                                    median(rates[i]));
      if (!file_.metadata.model.decoder && !fractions[i].empty())
        row.fraction_of_peak = median(fractions[i]);
    }
  }

  static std::string describe_profile(const Evax& evax, size_t threads) {
    double total = 0;
    for (const auto& stage : evax.session.profile()) total += stage.seconds;
    std::string text = fmt::format("{} {}T", evax.session.model().description(), threads);
    for (const auto& stage : evax.session.profile())
      text += fmt::format("  {} {:.1f} %", stage.stage, 100 * stage.seconds / total);
    return text;
  }

  const BenchOptions& options_;
  weights::ModelFile file_;
  double flops_;
  std::unique_ptr<PeerTools> tools_;
  std::vector<std::vector<std::unique_ptr<Peer>>> peers_;  // per engine, one for each thread
  std::vector<Row> rows_;
  std::vector<std::string> profiles_;
};

std::string Bench::json() const {
  auto rows = nlohmann::ordered_json::array();
  for (const Row& row : rows_)
    rows.push_back(
        {{"engine", row.engine},
         {"model", file_.metadata.model.variant},
         {"precision", row.precision},
         {"batch", row.batch},
         {"threads", row.threads},
         {"images_per_second", row.images_per_second},
         {"fraction_of_peak",
          row.fraction_of_peak ? nlohmann::ordered_json(*row.fraction_of_peak) : nullptr}});
  return json_text(rows, 1) + "\n";
}

std::string Bench::table() const {
  const weights::ModelConfig& config = file_.metadata.model;
  std::string text = fmt::format("{} {} px, {:.3f} GFLOP an image; {}\n\n", config.variant,
                                 config.image_size, flops_ / 1e9, engine::cpu_features());
  text += fmt::format("{:<28} {:>9} {:>6} {:>8} {:>10} {:>9} {:>8}\n", "engine", "precision",
                      "batch", "threads", "images/s", "ms/image", "of peak");
  for (const Row& row : rows_)
    text += fmt::format(
        "{:<28} {:>9} {:>6} {:>8} {:>10.2f} {:>9.2f} {:>8}\n", row.engine, row.precision, row.batch,
        row.threads, row.images_per_second, 1e3 / row.images_per_second,
        row.fraction_of_peak ? fmt::format("{:.1f} %", 100 * *row.fraction_of_peak) : "-");
  text += "\nevax by stage (SwiGLU is part of the matmul before it)\n";
  for (const std::string& profile : profiles_) text += profile + "\n";
  return text;
}

}  // namespace

void bench(const BenchOptions& options) {
  Bench bench(options);
  bench.run();
  Output output("");
  output.write(options.json ? bench.json() : bench.table());
  output.commit();
}

}  // namespace evax::tasks
