/* page: a part of a list. A list has one order (newest first where there is time in it); an item
 * has a key, and the cursor is the key of the last item of the page before. What was added in front
 * meanwhile does not shift anything. Writes {"items":[…],"next_cursor":…}. */
#pragma once

#include "gateway/call.h"

#define PAGE_KEY_MAX 128

struct page {
    struct call *c;
    int limit, count;
    const char *cursor; /* NULL: from the beginning */
    bool has_reached;   /* the cursor's item has been passed */
    bool has_more;
    char last[PAGE_KEY_MAX];
};

/* Reads limit and cursor from the query and begins the answer. */
void page_begin(struct page *page, struct call *c);
/* Whether the next item of the list is on this page: then it is to be written. */
bool page_take(struct page *page, const char *key);
/* Nothing more of the list is needed. */
bool page_is_over(const struct page *page);
/* E_NOT_FOUND when the cursor's item is not there (any more). */
MUST_CHECK int page_end(struct page *page, struct err *e);
