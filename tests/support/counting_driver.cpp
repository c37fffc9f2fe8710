// SPDX-License-Identifier: Apache-2.0
#include "tests/support/counting_driver.h"

#include <gdal_priv.h>

#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

namespace tuban::testing {
namespace {

constexpr char kPrefix[] = "COUNT:";

struct Ledger {
  std::mutex mutex;
  std::map<BlockKey, int> counts;
  std::int64_t reads = 0;
  std::int64_t until_failure = 0;

  /// False if this read is the one that has to fail.
  bool enter(const BlockKey& key) {
    const std::lock_guard lock(mutex);
    ++counts[key];
    ++reads;
    return until_failure == 0 || --until_failure != 0;
  }
};

Ledger& ledger() {
  static Ledger instance;
  return instance;
}

class CountingDataset final : public GDALDataset {
 public:
  explicit CountingDataset(GDALDataset* inner);
  ~CountingDataset() override { GDALClose(inner_); }

  CPLErr GetGeoTransform(double* transform) override { return inner_->GetGeoTransform(transform); }
  const OGRSpatialReference* GetSpatialRef() const override { return inner_->GetSpatialRef(); }
  char** GetMetadata(const char* domain) override { return inner_->GetMetadata(domain); }
  const char* GetMetadataItem(const char* name, const char* domain) override {
    return inner_->GetMetadataItem(name, domain);
  }

  CPLErr read_block(int band, int x, int y, void* into);

  static int identify(GDALOpenInfo* info) { return STARTS_WITH_CI(info->pszFilename, kPrefix); }
  static GDALDataset* open(GDALOpenInfo* info) {
    if (!identify(info) || info->eAccess == GA_Update) return nullptr;
    auto* inner =
        GDALDataset::Open(info->pszFilename + strlen(kPrefix), GDAL_OF_RASTER | GDAL_OF_VERBOSE_ERROR);
    return inner ? new CountingDataset(inner) : nullptr;
  }

 private:
  GDALDataset* inner_;
  bool interleaved_ = false;
  int loaded_x_ = -1, loaded_y_ = -1;
  std::vector<std::vector<std::byte>> loaded_;  // per band
};

class CountingBand final : public GDALRasterBand {
 public:
  CountingBand(CountingDataset* owner, int number, GDALRasterBand* inner) : inner_(inner) {
    poDS = owner;
    nBand = number;
    eDataType = inner->GetRasterDataType();
    nRasterXSize = inner->GetXSize();
    nRasterYSize = inner->GetYSize();
    inner->GetBlockSize(&nBlockXSize, &nBlockYSize);
    SetDescription(inner->GetDescription());
  }
  double GetNoDataValue(int* found) override { return inner_->GetNoDataValue(found); }
  GDALColorInterp GetColorInterpretation() override { return inner_->GetColorInterpretation(); }
  GDALRasterBand* GetMaskBand() override { return inner_->GetMaskBand(); }
  int GetMaskFlags() override { return inner_->GetMaskFlags(); }
  CPLErr IReadBlock(int x, int y, void* into) override {
    return static_cast<CountingDataset*>(poDS)->read_block(nBand, x, y, into);
  }

 private:
  GDALRasterBand* inner_;
};

CountingDataset::CountingDataset(GDALDataset* inner) : inner_(inner) {
  nRasterXSize = inner->GetRasterXSize();
  nRasterYSize = inner->GetRasterYSize();
  const char* interleave = inner->GetMetadataItem("INTERLEAVE", "IMAGE_STRUCTURE");
  interleaved_ = inner->GetRasterCount() > 1 && interleave && EQUAL(interleave, "PIXEL");
  for (int band = 1; band <= inner->GetRasterCount(); ++band)
    SetBand(band, new CountingBand(this, band, inner->GetRasterBand(band)));
}

CPLErr CountingDataset::read_block(int band, int x, int y, void* into) {
  const BlockKey key{inner_->GetDescription(), interleaved_ ? 0 : band, x, y};
  const auto fails = [&] {
    if (ledger().enter(key)) return false;
    CPLError(CE_Failure, CPLE_FileIO, "deliberate failure at block (%d, %d)", x, y);
    return true;
  };
  if (!interleaved_) return fails() ? CE_Failure : inner_->GetRasterBand(band)->ReadBlock(x, y, into);
  int width = 0, height = 0;
  inner_->GetRasterBand(1)->GetBlockSize(&width, &height);
  if (x != loaded_x_ || y != loaded_y_) {
    if (fails()) return CE_Failure;
    loaded_x_ = -1;
    loaded_.resize(static_cast<std::size_t>(inner_->GetRasterCount()));
    for (int b = 1; b <= inner_->GetRasterCount(); ++b) {
      auto& plane = loaded_[static_cast<std::size_t>(b) - 1];
      GDALRasterBand& source = *inner_->GetRasterBand(b);
      plane.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                   static_cast<std::size_t>(GDALGetDataTypeSizeBytes(source.GetRasterDataType())));
      if (source.ReadBlock(x, y, plane.data()) != CE_None) return CE_Failure;
    }
    loaded_x_ = x;
    loaded_y_ = y;
  }
  const auto& plane = loaded_[static_cast<std::size_t>(band) - 1];
  std::memcpy(into, plane.data(), plane.size());
  return CE_None;
}

}  // namespace

void register_counting_driver() {
  static std::once_flag once;
  std::call_once(once, [] {
    GDALAllRegister();
    auto driver = std::make_unique<GDALDriver>();
    driver->SetDescription("COUNT");
    driver->SetMetadataItem(GDAL_DCAP_RASTER, "YES");
    driver->pfnIdentify = CountingDataset::identify;
    driver->pfnOpen = CountingDataset::open;
    GetGDALDriverManager()->RegisterDriver(driver.release());
  });
}

std::map<BlockKey, int> block_counts() {
  const std::lock_guard lock(ledger().mutex);
  return ledger().counts;
}

std::int64_t block_reads() {
  const std::lock_guard lock(ledger().mutex);
  return ledger().reads;
}

void reset_block_counts() {
  const std::lock_guard lock(ledger().mutex);
  ledger().counts.clear();
  ledger().reads = 0;
}

void fail_at_block_read(std::int64_t n) {
  const std::lock_guard lock(ledger().mutex);
  ledger().until_failure = n;
}

}  // namespace tuban::testing
