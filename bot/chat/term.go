package chat

import "context"

type termKey struct{}

// WithTerm is a context of work that may last for a term, and of all contexts made from it.
// The function looks at the clock: it gives an error once the term is over.
func WithTerm(ctx context.Context, over func() error) context.Context {
	return context.WithValue(ctx, termKey{}, over)
}

// Ended is why no request may be made any more: ctx has ended, or its term is over. Adapters
// ask this last, after they have waited for a rate limit. In a process that was frozen, a
// request that waited wakes together with the timer that ends its context, and may be first.
func Ended(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if over, ok := ctx.Value(termKey{}).(func() error); ok {
		return over()
	}
	return nil
}
