/* ring: the last `length` numbers, always readable as one run of memory, oldest first: each is
 * written twice, `length` apart, so that no reader meets the seam. The numbers lie in an array of
 * 2 × length that the caller keeps beside the ring. Sums over it are taken anew for every bar,
 * in four parts that do not wait for each other: a rolling sum would drift away from the
 * definition. Pure. */
#pragma once

struct ring {
    int length;
    int next;
    int count; /* of numbers held, up to length */
};

/* Takes x and returns the oldest of the count numbers now held. */
static inline const double *ring_push(struct ring *r, double *v, double x) {
    v[r->next] = x;
    v[r->next + r->length] = x;
    r->next = r->next + 1 == r->length ? 0 : r->next + 1;
    if (r->count < r->length) {
        r->count++;
        return v + (r->count == r->length ? r->next : 0);
    }
    return v + r->next;
}

static inline double numbers_sum(const double *v, int count) {
    double a = 0, b = 0, c = 0, d = 0;
    int i = 0;
    for (; i + 4 <= count; i += 4) {
        a += v[i];
        b += v[i + 1];
        c += v[i + 2];
        d += v[i + 3];
    }
    for (; i < count; i++) {
        a += v[i];
    }
    return (a + b) + (c + d);
}

/* The sums of (v - origin) and of its square. With a number of the run itself as origin the
 * variance from them loses no more digits than the run is long, and is exactly 0 where all
 * numbers are equal. */
struct moments {
    double sum;
    double squares;
};

static inline struct moments numbers_moments(const double *v, int count, double origin) {
    double sum_a = 0, sum_b = 0, squares_a = 0, squares_b = 0;
    int i = 0;
    for (; i + 2 <= count; i += 2) {
        double a = v[i] - origin;
        double b = v[i + 1] - origin;
        sum_a += a;
        sum_b += b;
        squares_a += a * a;
        squares_b += b * b;
    }
    if (i < count) {
        double a = v[i] - origin;
        sum_a += a;
        squares_a += a * a;
    }
    return (struct moments){sum_a + sum_b, squares_a + squares_b};
}

/* The sum of squared distances from the mean, of count numbers with those moments. */
static inline double moments_spread(struct moments m, int count) {
    double spread = m.squares - m.sum * m.sum / count;
    return spread > 0 ? spread : 0;
}
