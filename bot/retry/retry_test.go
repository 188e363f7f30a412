package retry

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestBackoff(t *testing.T) {
	for _, tt := range []struct {
		name        string
		first, last time.Duration
		want        []time.Duration // the minimum of each wait
	}{
		{"doubles", time.Second, time.Minute, []time.Duration{1e9, 2e9, 4e9, 8e9, 16e9, 32e9, 60e9, 60e9}},
		{"ends at Last", 2 * time.Second, 3 * time.Second, []time.Duration{2e9, 3e9, 3e9}},
		{"begins beyond Last", time.Minute, time.Second, []time.Duration{60e9, 60e9}},
		{"as short as can be", 1, 4, []time.Duration{1, 2, 4, 4}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			various := false
			for range 100 {
				b := Backoff{First: tt.first, Last: tt.last}
				for i, want := range tt.want {
					wait := b.Next(false)
					if wait < want || wait > want+want/2 {
						t.Fatalf("wait %d is %v, want %v to %v", i+1, wait, want, want+want/2)
					}
					various = various || wait != want
				}
				for _, progress := range []bool{true, true, false} {
					if wait := b.Next(progress); wait < tt.first || wait > tt.first+tt.first/2 {
						t.Fatalf("after progress the wait is %v, want %v", wait, tt.first)
					}
				}
				if wait, want := b.Next(false), min(2*tt.first, max(tt.first, tt.last)); wait < want {
					t.Fatalf("after the first failure since then the wait is %v, want %v", wait, want)
				}
			}
			if !various {
				t.Error("no wait was longer than it must be: many would come back together")
			}
		})
	}
}

func TestSleep(t *testing.T) {
	for _, tt := range []struct {
		name string
		gone bool // ctx is already done
		d    time.Duration
		took time.Duration
		err  error
	}{
		{"to its end", false, time.Minute, time.Minute, nil},
		{"nothing to wait for", false, 0, 0, nil},
		{"the time is past", false, -time.Hour, 0, nil},
		{"done already", true, time.Hour, 0, context.Canceled},
		{"done, and nothing to wait for", true, 0, 0, context.Canceled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.gone {
					cancel()
				}
				began := time.Now()
				if err := Sleep(ctx, tt.d); !errors.Is(err, tt.err) {
					t.Errorf("got %v, want %v", err, tt.err)
				}
				if took := time.Since(began); took != tt.took {
					t.Errorf("it took %v, want %v", took, tt.took)
				}
			})
		})
	}
	t.Run("cut short", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { // fails if a goroutine is left behind
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began := time.Now()
			if err := Sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
				t.Errorf("got %v after %v, want a second", err, time.Since(began))
			}
		})
	})
}
