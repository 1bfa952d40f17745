#include "evax/image/dicom/codec/dcmtk_log.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/oflog/appender.h>
#include <dcmtk/oflog/oflog.h>
#include <dcmtk/oflog/spi/logevent.h>

#include <mutex>

namespace evax::image::dicom {
namespace {

// Whom the decoder that runs in this thread tells its warnings; null while none runs.
thread_local const std::function<void(std::string_view)>* current_listener = nullptr;

class WarningTeller : public dcmtk::log4cplus::Appender {
 public:
  ~WarningTeller() override { destructorImpl(); }
  void close() override { closed = true; }

 protected:
  void append(const dcmtk::log4cplus::spi::InternalLoggingEvent& event) override {
    if (current_listener == nullptr) return;
    (*current_listener)({event.getMessage().c_str(), event.getMessage().length()});
  }
};

void take_over_logging() {
  auto root = dcmtk::log4cplus::Logger::getRoot();
  root.removeAllAppenders();
  root.addAppender(dcmtk::log4cplus::SharedAppenderPtr(new WarningTeller));
  root.setLogLevel(dcmtk::log4cplus::WARN_LOG_LEVEL);
}

}  // namespace

void with_dcmtk_warnings(const std::function<void(std::string_view)>& listen,
                         const std::function<void()>& decode) {
  static std::once_flag once;
  std::call_once(once, take_over_logging);
  struct Scope {
    explicit Scope(const std::function<void(std::string_view)>* listener) {
      current_listener = listener;
    }
    ~Scope() { current_listener = nullptr; }
  };
  const Scope scope(&listen);
  decode();
}

}  // namespace evax::image::dicom
