#include "internal.h"

#define MAGIC 0xD5

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Value of a character of base64, 64 for any other.
static const uint8_t *digits(void) {
    static uint8_t table[256];
    static bool ready;
    if (!ready) {
        memset(table, 64, sizeof table);
        for (uint8_t i = 0; i < 64; i++) table[(uint8_t)alphabet[i]] = i;
        ready = true;
    }
    return table;
}

static void stamp_bytes(uint8_t *bytes, struct stamp stamp) {
    bytes[0] = MAGIC;
    bytes[1] = (uint8_t)(stamp.call >> 16);
    bytes[2] = (uint8_t)(stamp.call >> 8);
    bytes[3] = (uint8_t)stamp.call;
    bytes[4] = (uint8_t)(stamp.response >> 16);
    bytes[5] = (uint8_t)(stamp.response >> 8);
    bytes[6] = (uint8_t)stamp.response;
    for (int i = 0; i < 5; i++) bytes[7 + i] = (uint8_t)(stamp.sequence >> (8 * (4 - i)));
}

void stamp_write_audio(uint8_t *audio, struct stamp stamp) {
    stamp_bytes(audio, stamp);
    memset(audio + STAMP_BYTES, 0x7E, FRAME_BYTES - STAMP_BYTES);
}

void stamp_write_text(uint8_t *text, struct stamp stamp) {
    uint8_t bytes[STAMP_BYTES];
    stamp_bytes(bytes, stamp);
    for (int i = 0; i < STAMP_BYTES; i += 3) {
        uint32_t word = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];
        *text++ = (uint8_t)alphabet[word >> 18];
        *text++ = (uint8_t)alphabet[word >> 12 & 63];
        *text++ = (uint8_t)alphabet[word >> 6 & 63];
        *text++ = (uint8_t)alphabet[word & 63];
    }
    // 148 bytes of 0x7E.
    static const char silence[] =
        "fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+"
        "fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fn5+fg==";
    _Static_assert(sizeof silence - 1 == FRAME_TEXT - 16, "148 bytes in base64");
    memcpy(text, silence, sizeof silence - 1);
}

bool stamp_read(const uint8_t *payload, size_t length, size_t index, struct stamp *stamp) {
    size_t offset = index * FRAME_BYTES;
    size_t first = offset / 3 * 4;
    if (first + 20 > length) return false;
    const uint8_t *table = digits();
    uint8_t bytes[15];
    for (int group = 0; group < 5; group++) {
        const uint8_t *text = payload + first + group * 4;
        uint8_t a = table[text[0]], b = table[text[1]], c = table[text[2]], d = table[text[3]];
        if ((a | b | c | d) & 64) return false;
        bytes[group * 3] = (uint8_t)(a << 2 | b >> 4);
        bytes[group * 3 + 1] = (uint8_t)(b << 4 | c >> 2);
        bytes[group * 3 + 2] = (uint8_t)(c << 6 | d);
    }
    const uint8_t *at = bytes + offset % 3;
    if (at[0] != MAGIC) return false;
    stamp->call = (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    stamp->response = (uint32_t)at[4] << 16 | (uint32_t)at[5] << 8 | at[6];
    stamp->sequence = 0;
    for (int i = 0; i < 5; i++) stamp->sequence = stamp->sequence << 8 | at[7 + i];
    return true;
}

size_t base64_bytes(const uint8_t *text, size_t length) {
    if (length < 4) return 0;
    return length / 4 * 3 - (text[length - 1] == '=') - (text[length - 2] == '=');
}
