package chat

import "context"

type termKey struct{}

// WithTerm returns a context for work that is limited to a term; contexts derived from it
// have the same limit. over looks at the clock and returns an error once the term is over.
func WithTerm(ctx context.Context, over func() error) context.Context {
	return context.WithValue(ctx, termKey{}, over)
}

// Ended returns why no further request may be made: ctx has ended, or its term is over.
// Adapters call this last, after waiting for a rate limit. When a frozen process wakes, a
// waiting request wakes together with the timer that ends its context, and may run first.
func Ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if over, ok := ctx.Value(termKey{}).(func() error); ok {
		return over()
	}
	return nil
}
