#ifndef CALLROUTER_CPHONENUMBERS_H
#define CALLROUTER_CPHONENUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define CPHONENUMBERS_NOEXCEPT noexcept
#else
#define CPHONENUMBERS_NOEXCEPT
#endif

// What this application needs of libphonenumber, in plain C. All functions may be called from any thread, keep nothing
// of what they are given, allocate nothing that the caller must free, and never throw: what goes wrong inside counts as
// "not known".

/// What a number is for; libphonenumber's PhoneNumberType.
typedef enum {
    cphonenumbers_kind_unknown = 0,
    cphonenumbers_kind_ordinary,  // fixed lines, mobiles, VoIP, voicemail access
    cphonenumbers_kind_toll_free,
    cphonenumbers_kind_premium_rate,
    cphonenumbers_kind_shared_cost,
    cphonenumbers_kind_personal,
    cphonenumbers_kind_pager,
    cphonenumbers_kind_company,  // universal access numbers
} cphonenumbers_kind;

/// What is known of one number.
typedef struct {
    /// The country calling code; 0 where none begins the number.
    int32_t calling_code;
    /// ISO 3166-1 code of the country in capitals, "001" of a service that belongs to none, empty where not known.
    char region[4];
    cphonenumbers_kind kind;
    /// A number that can have been given to somebody by its country's numbering plan.
    bool is_valid;
    /// Calls to it reach an emergency service in a country with its calling code.
    bool is_emergency;
    /// A short code of a service, such as +1 211; never a subscriber's number.
    bool is_short;
    /// Digits after the calling code, without a trunk prefix that does not belong there.
    int32_t national_length;
    /// A valid number as it is dialled: a plus sign and digits, NUL-terminated; empty for others.
    char e164[24];
} cphonenumbers_facts;

/// Looks a number up: a plus sign and digits, NUL-terminated.
cphonenumbers_facts cphonenumbers_look_up(const char *_Nonnull number) CPHONENUMBERS_NOEXCEPT;

/// Whether the number could be one of this country: for those that several countries share, such as +1 800.
bool cphonenumbers_is_valid_in(const char *_Nonnull number, const char *_Nonnull region) CPHONENUMBERS_NOEXCEPT;

/// The calling code of a country by its ISO 3166-1 code; 0 where there is no such country.
int32_t cphonenumbers_calling_code(const char *_Nonnull region) CPHONENUMBERS_NOEXCEPT;

/// Writes the main country of a calling code into `region`, "001" for a service that belongs to none; false where nobody
/// has the code.
bool cphonenumbers_main_region(int32_t calling_code, char region[_Nonnull 4]) CPHONENUMBERS_NOEXCEPT;

/// Whether these digits, dialled as they are in this country, reach an emergency service.
bool cphonenumbers_is_emergency(const char *_Nonnull digits, const char *_Nonnull region) CPHONENUMBERS_NOEXCEPT;

/// Writes an example number of one kind of a country into `e164`; false where the country has none.
bool cphonenumbers_example(const char *_Nonnull region, cphonenumbers_kind kind,
                           char e164[_Nonnull 24]) CPHONENUMBERS_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
