#include "cphonenumbers.h"

#include <phonenumbers/phonenumberutil.h>
#include <phonenumbers/shortnumberinfo.h>

#include <cstring>
#include <list>
#include <string>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;
using i18n::phonenumbers::ShortNumberInfo;

namespace {

PhoneNumberUtil &util() { return *PhoneNumberUtil::GetInstance(); }

// Made once and never destroyed: other threads may still ask while the process ends.
const ShortNumberInfo &shortNumbers() {
    static const ShortNumberInfo *const info = new ShortNumberInfo();
    return *info;
}

template <size_t size> void copy(const std::string &text, char (&target)[size]) {
    const size_t length = text.size() < size ? text.size() : 0;  // What does not fit is left out, never cut.
    std::memcpy(target, text.data(), length);
    target[length] = '\0';
}

bool parse(const char *number, PhoneNumber *parsed) {
    // "ZZ": no country to fall back to, only the calling code counts.
    return util().Parse(number, "ZZ", parsed) == PhoneNumberUtil::NO_PARSING_ERROR;
}

cphonenumbers_kind kindOf(PhoneNumberUtil::PhoneNumberType type) {
    switch (type) {
    case PhoneNumberUtil::FIXED_LINE:
    case PhoneNumberUtil::MOBILE:
    case PhoneNumberUtil::FIXED_LINE_OR_MOBILE:
    case PhoneNumberUtil::VOIP:
    case PhoneNumberUtil::VOICEMAIL: return cphonenumbers_kind_ordinary;
    case PhoneNumberUtil::TOLL_FREE: return cphonenumbers_kind_toll_free;
    case PhoneNumberUtil::PREMIUM_RATE: return cphonenumbers_kind_premium_rate;
    case PhoneNumberUtil::SHARED_COST: return cphonenumbers_kind_shared_cost;
    case PhoneNumberUtil::PERSONAL_NUMBER: return cphonenumbers_kind_personal;
    case PhoneNumberUtil::PAGER: return cphonenumbers_kind_pager;
    case PhoneNumberUtil::UAN: return cphonenumbers_kind_company;
    case PhoneNumberUtil::UNKNOWN: return cphonenumbers_kind_unknown;
    }
    return cphonenumbers_kind_unknown;
}

PhoneNumberUtil::PhoneNumberType typeOf(cphonenumbers_kind kind) {
    switch (kind) {
    case cphonenumbers_kind_ordinary: return PhoneNumberUtil::FIXED_LINE;
    case cphonenumbers_kind_toll_free: return PhoneNumberUtil::TOLL_FREE;
    case cphonenumbers_kind_premium_rate: return PhoneNumberUtil::PREMIUM_RATE;
    case cphonenumbers_kind_shared_cost: return PhoneNumberUtil::SHARED_COST;
    case cphonenumbers_kind_personal: return PhoneNumberUtil::PERSONAL_NUMBER;
    case cphonenumbers_kind_pager: return PhoneNumberUtil::PAGER;
    case cphonenumbers_kind_company: return PhoneNumberUtil::UAN;
    case cphonenumbers_kind_unknown: return PhoneNumberUtil::UNKNOWN;
    }
    return PhoneNumberUtil::UNKNOWN;
}

// A valid number is an emergency one only where it is exactly that; of any other number the beginning counts, because
// an exchange connects as soon as it has heard 911.
bool reachesEmergencyService(const std::string &digits, const std::string &region, bool is_valid) {
    return is_valid ? shortNumbers().IsEmergencyNumber(digits, region)
                    : shortNumbers().ConnectsToEmergencyNumber(digits, region);
}

}  // namespace

cphonenumbers_facts cphonenumbers_look_up(const char *number) noexcept {
    cphonenumbers_facts facts = {};
    try {
        PhoneNumber parsed;
        if (!parse(number, &parsed)) {
            return facts;
        }
        std::string region, national, e164;
        facts.calling_code = parsed.country_code();
        util().GetRegionCodeForNumber(parsed, &region);
        copy(region == "ZZ" ? std::string() : region, facts.region);
        facts.kind = kindOf(util().GetNumberType(parsed));
        facts.is_short = shortNumbers().IsValidShortNumber(parsed);
        facts.is_valid = util().IsValidNumber(parsed);
        util().GetNationalSignificantNumber(parsed, &national);
        facts.national_length = static_cast<int32_t>(national.size());
        if (facts.is_valid) {  // Of others the library cannot know what is a trunk prefix.
            util().Format(parsed, PhoneNumberUtil::E164, &e164);
            copy(e164, facts.e164);
        }
        std::list<std::string> regions;
        util().GetRegionCodesForCountryCallingCode(parsed.country_code(), &regions);
        for (const std::string &candidate : regions) {
            facts.is_emergency = facts.is_emergency || reachesEmergencyService(national, candidate, facts.is_valid);
        }
        return facts;
    } catch (...) {
        return {};
    }
}

bool cphonenumbers_is_valid_in(const char *number, const char *region) noexcept {
    try {
        PhoneNumber parsed;
        return parse(number, &parsed) && util().IsValidNumberForRegion(parsed, region);
    } catch (...) {
        return false;
    }
}

int32_t cphonenumbers_calling_code(const char *region) noexcept {
    try {
        return util().GetCountryCodeForRegion(region);
    } catch (...) {
        return 0;
    }
}

bool cphonenumbers_main_region(int32_t calling_code, char region[4]) noexcept {
    region[0] = '\0';
    try {
        std::string found;
        util().GetRegionCodeForCountryCode(calling_code, &found);
        if (found.size() >= 4 || found == "ZZ") {
            return false;
        }
        std::memcpy(region, found.c_str(), found.size() + 1);
        return !found.empty();
    } catch (...) {
        return false;
    }
}

bool cphonenumbers_is_emergency(const char *digits, const char *region) noexcept {
    try {
        return shortNumbers().IsEmergencyNumber(digits, region);
    } catch (...) {
        return false;
    }
}

bool cphonenumbers_example(const char *region, cphonenumbers_kind kind, char e164[24]) noexcept {
    e164[0] = '\0';
    try {
        PhoneNumber example;
        std::string text;
        if (!util().GetExampleNumberForType(std::string(region), typeOf(kind), &example)) {
            return false;
        }
        util().Format(example, PhoneNumberUtil::E164, &text);
        if (text.size() >= 24) {
            return false;
        }
        std::memcpy(e164, text.c_str(), text.size() + 1);
        return true;
    } catch (...) {
        return false;
    }
}
