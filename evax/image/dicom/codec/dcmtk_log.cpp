#include "evax/image/dicom/codec/dcmtk_log.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/oflog/appender.h>
#include <dcmtk/oflog/oflog.h>
#include <dcmtk/oflog/spi/logevent.h>

#include <mutex>

namespace evax::image::dicom {
namespace {

// What the decoder that runs in this thread is watched for; null while none runs.
struct Watch {
  std::string_view pattern;
  std::string warning;
};
thread_local Watch* current_watch = nullptr;

class WarningKeeper : public dcmtk::log4cplus::Appender {
 public:
  ~WarningKeeper() override { destructorImpl(); }
  void close() override { closed = true; }

 protected:
  void append(const dcmtk::log4cplus::spi::InternalLoggingEvent& event) override {
    if (current_watch == nullptr || !current_watch->warning.empty()) return;
    const std::string_view message(event.getMessage().c_str(), event.getMessage().length());
    if (message.find(current_watch->pattern) != message.npos) current_watch->warning = message;
  }
};

void take_over_logging() {
  auto root = dcmtk::log4cplus::Logger::getRoot();
  root.removeAllAppenders();
  root.addAppender(dcmtk::log4cplus::SharedAppenderPtr(new WarningKeeper));
  root.setLogLevel(dcmtk::log4cplus::WARN_LOG_LEVEL);
}

}  // namespace

std::string dcmtk_warning(std::string_view pattern, const std::function<void()>& decode) {
  static std::once_flag once;
  std::call_once(once, take_over_logging);
  struct Scope {
    explicit Scope(Watch* watch) { current_watch = watch; }
    ~Scope() { current_watch = nullptr; }
  };
  Watch watch{pattern, {}};
  {
    const Scope scope(&watch);
    decode();
  }
  return watch.warning;
}

}  // namespace evax::image::dicom
