package local

import (
	"testing"
	"time"
)

func TestLeap(t *testing.T) {
	for _, c := range []struct{ shown, gone, want time.Duration }{
		{look, look, 0},
		{2 * time.Second, look, 0},
		{-time.Second, look, 0},
		{time.Hour + look, look, time.Hour},
		{look - 5*time.Hour, look, -5 * time.Hour},
		{time.Minute, time.Minute, 0}, // a slow lane
	} {
		if got := leap(c.shown, c.gone); got != c.want {
			t.Errorf("leap(%v, %v) is %v, want %v", c.shown, c.gone, got, c.want)
		}
	}
}
