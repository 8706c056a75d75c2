#include "gateway/page.h"

#include <stdio.h>
#include <string.h>

void page_begin(struct page *page, struct call *c) {
    *page = (struct page){.c = c, .limit = query_limit(c), .cursor = query_text(c, "cursor")};
    page->has_reached = page->cursor == NULL;
    json_object(&c->json);
    json_key(&c->json, "items");
    json_array(&c->json);
}

bool page_take(struct page *page, const char *key) {
    if (!page->has_reached) {
        page->has_reached = strcmp(page->cursor, key) == 0;
        return false;
    }
    if (page->count == page->limit) {
        page->has_more = true;
        return false;
    }
    page->count++;
    snprintf(page->last, sizeof page->last, "%s", key);
    return true;
}

bool page_is_over(const struct page *page) {
    return page->has_more;
}

int page_end(struct page *page, struct err *e) {
    struct json_writer *json = &page->c->json;
    json_close(json);
    json_key(json, "next_cursor");
    json_string(json, page->has_more ? page->last : NULL);
    json_close(json);
    int code = call_faults(page->c, e);
    if (code == 0 && !page->has_reached) {
        return err_set(e, E_NOT_FOUND, "cursor: that item is gone: begin again without it");
    }
    return code;
}
