#ifndef CLOAD_LEDGER_H
#define CLOAD_LEDGER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Which of the numbers 0, 1, 2, … have arrived, and whether each came once and in order.

struct ledger {
    uint64_t duplicated, reordered, next;
    uint64_t *words;
    uint64_t word_count;
};

/// Books one number; false where it had arrived before.
static inline bool ledger_arrived(struct ledger *ledger, uint64_t number) {
    uint64_t word = number >> 6, bit = 1ull << (number & 63);
    if (word >= ledger->word_count) {
        // A minute and a half at first, then twice as much: not once per message.
        uint64_t count = ledger->word_count ? ledger->word_count * 2 : 64;
        while (count <= word) count *= 2;
        ledger->words = realloc(ledger->words, count * 8);
        memset(ledger->words + ledger->word_count, 0, (count - ledger->word_count) * 8);
        ledger->word_count = count;
    }
    if (ledger->words[word] & bit) {
        ledger->duplicated++;
        return false;
    }
    ledger->words[word] |= bit;
    if (number < ledger->next) {
        ledger->reordered++;
    } else {
        ledger->next = number + 1;
    }
    return true;
}

/// How many of the numbers from `first` up to `end` have not arrived.
static inline uint64_t ledger_missing(const struct ledger *ledger, uint64_t first, uint64_t end) {
    uint64_t missing = 0;
    for (uint64_t number = first; number < end; number++) {
        uint64_t word = number >> 6;
        if (word >= ledger->word_count || !(ledger->words[word] & 1ull << (number & 63))) missing++;
    }
    return missing;
}

/// Empty again; the memory stays.
static inline void ledger_reset(struct ledger *ledger) {
    ledger->duplicated = ledger->reordered = ledger->next = 0;
    if (ledger->words) memset(ledger->words, 0, ledger->word_count * 8);
}

#endif
