// ICU's data with nothing in it, in place of Debian's 31 MB of it: the form of a common data archive without entries.
//
// libphonenumber needs of ICU the properties of characters and regular expressions, which are compiled into its code;
// names of languages, collation, calendars and converters are in the data, and nobody in the image asks Debian's ICU for
// them (Foundation has an ICU of its own). Built with -DICU_DATA=icudt72_dat, whatever the version is.
#include <stdint.h>

// Fields and values: unicode/udata.h (UDataInfo), and "ToCP" with format version 1 for an archive with pointers.
struct no_data {
    uint16_t headerSize;
    uint8_t magic[2];
    struct {
        uint16_t size, reservedWord;
        uint8_t isBigEndian, charsetFamily, sizeofUChar, reservedByte;
        uint8_t dataFormat[4], formatVersion[4], dataVersion[4];
    } info;
    uint8_t padding[8];
    uint32_t count, reserved;
};

_Static_assert(sizeof(struct no_data) == 40, "a header of 32 bytes, then a count of no entries");

const struct no_data ICU_DATA = {
    32,
    {0xda, 0x27},
    {20, 0, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__, 0, 2, 0, {'T', 'o', 'C', 'P'}, {1, 0, 0, 0}, {0, 0, 0, 0}},
    {0},
    0,
    0,
};
