#include "evax/data/corpus/decide.h"

#include <map>
#include <unordered_map>

#include "evax/data/corpus/hash_index.h"
#include "evax/data/corpus/plan.h"

namespace evax::data {
namespace {

// The hashes of some marks, and whose each is.
struct Hashes {
  std::vector<PerceptualHash> hashes;
  std::vector<uint32_t> owners;

  void add(const PerceptualHash& hash, uint32_t owner) {
    hashes.push_back(hash);
    owners.push_back(owner);
  }
};

class Deciding {
 public:
  Deciding(const Candidates& candidates, ThreadPool& pool)
      : candidates_(candidates),
        images_(candidates.images),
        pool_(pool),
        decisions_(candidates.images.size()) {}

  void drop_unusable() {
    for (size_t i = 0; i < images_.size(); ++i) {
      const Mark& mark = images_[i];
      if (!mark.problem.empty())
        decisions_[i].reason = is_missing_file(mark.problem) ? missing : unreadable;
      else if (!mark.hash)
        decisions_[i].reason = constant;
    }
  }

  // The images are many and the tests few, so the tests are looked up among the images.
  void drop_test_images(int distance_limit) {
    const Hashes known = hashes_that_stay();
    const HashIndex index(known.hashes, distance_limit);
    const std::span<const Mark> tests = candidates_.tests;
    std::vector<std::vector<uint32_t>> near(tests.size());
    pool_.parallel_for(tests.size(), [&](size_t test, size_t) {
      if (tests[test].hash) near[test] = index.near(*tests[test].hash);
    });
    for (uint32_t test = 0; test < tests.size(); ++test)
      for (const uint32_t found : near[test]) {
        const int bits = distance(*tests[test].hash, known.hashes[found]);
        Decision& decision = decisions_[known.owners[found]];
        if (*decision.reason == '\0' || bits < decision.bits) decision = {test_image, test, bits};
      }
  }

  void drop_patients_of_test_images() {
    std::unordered_map<uint32_t, uint32_t> test_of;  // patient -> the test image
    for (size_t i = 0; i < images_.size(); ++i) {
      const uint32_t patient = candidates_.patients[i];
      if (patient != 0 && is(i, test_image) && candidates_.whole_patient[decisions_[i].other])
        test_of.try_emplace(patient, decisions_[i].other);
    }
    for (size_t i = 0; i < images_.size(); ++i)
      if (const auto test = test_of.find(candidates_.patients[i]); test != test_of.end())
        if (stays(i)) decisions_[i] = {test_patient, test->second, 0};
  }

  void drop_identical() {
    std::map<std::array<uint64_t, 4>, uint32_t> first;
    for (uint32_t i = 0; i < images_.size(); ++i) {
      if (!stays(i)) continue;
      const auto [place, is_first] = first.try_emplace(images_[i].pixels, i);
      if (!is_first) decisions_[i] = {identical, place->second, 0};
    }
  }

  void drop_near_identical(int distance_limit) {
    // Equal hashes stand together: their first owner speaks for all.
    const Hashes known = hashes_that_stay();
    Hashes distinct;
    std::map<PerceptualHash, uint32_t> speakers;
    for (size_t i = 0; i < known.hashes.size(); ++i)
      if (speakers.try_emplace(known.hashes[i], known.owners[i]).second)
        distinct.add(known.hashes[i], known.owners[i]);
    leave_near_ones_out(distinct, distance_limit);
    for (const uint32_t i : known.owners) {
      const uint32_t speaker = speakers.at(*images_[i].hash);
      if (speaker == i) continue;
      decisions_[i] = stays(speaker) ? Decision{near_copy, speaker, 0} : decisions_[speaker];
    }
  }

  std::vector<Decision> take() { return std::move(decisions_); }

 private:
  // Of the owners of different hashes, those for which an earlier one stays.
  void leave_near_ones_out(const Hashes& distinct, int distance_limit) {
    const HashIndex index(distinct.hashes, distance_limit);
    std::vector<std::vector<uint32_t>> earlier(distinct.hashes.size());
    pool_.parallel_for(distinct.hashes.size(), [&](size_t i, size_t) {
      for (const uint32_t found : index.near(distinct.hashes[i]))
        if (found < i) earlier[i].push_back(found);
    });
    for (size_t i = 0; i < earlier.size(); ++i) {
      Decision& decision = decisions_[distinct.owners[i]];
      for (const uint32_t found : earlier[i]) {
        const uint32_t other = distinct.owners[found];
        const int bits = distance(distinct.hashes[i], distinct.hashes[found]);
        if (stays(other) && (decision.bits == 0 || bits < decision.bits))
          decision = {near_copy, other, bits};
      }
    }
  }

  Hashes hashes_that_stay() const {
    Hashes known;
    for (uint32_t i = 0; i < images_.size(); ++i)
      if (stays(i)) known.add(*images_[i].hash, i);
    return known;
  }

  bool is(size_t i, std::string_view reason) const { return decisions_[i].reason == reason; }
  bool stays(size_t i) const { return is(i, ""); }

  const Candidates& candidates_;
  std::span<const Mark> images_;
  ThreadPool& pool_;
  std::vector<Decision> decisions_;
};

}  // namespace

std::vector<Decision> decide(const Candidates& candidates, const DecideOptions& options,
                             ThreadPool& pool) {
  Deciding deciding(candidates, pool);
  deciding.drop_unusable();
  deciding.drop_test_images(options.test_distance);
  deciding.drop_patients_of_test_images();
  if (options.identical) deciding.drop_identical();
  if (options.near) deciding.drop_near_identical(options.duplicate_distance);
  return deciding.take();
}

}  // namespace evax::data
