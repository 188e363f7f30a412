package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
)

// ErrNotReady means that serve answered that it cannot do its work.
var ErrNotReady = errors.New("it is not ready")

// askLimit is how long serve may take to answer.
const askLimit = 3 * time.Second

// Ask requests a path, /healthz or /readyz, from the serve that listens on an address, and
// returns the answer, even with ErrNotReady. token is the metrics token, or empty. An error
// names the address.
func Ask(ctx context.Context, listen, path string, token chat.Secret) (says string, err error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return "", err
	}
	if !token.Empty() {
		request.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	response, err := http.DefaultClient.Do(request)
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "", fmt.Errorf("nothing answers at %s: start digestbot, or see in its log why it does not run", listen)
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return "", fmt.Errorf("%s: %w", listen, failed.Err)
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: the answer was cut off: %w", listen, err)
	case response.StatusCode == http.StatusServiceUnavailable:
		return string(body), ErrNotReady
	case response.StatusCode != http.StatusOK:
		return "", fmt.Errorf("%s answers %s: another program listens there", listen, response.Status)
	}
	return string(body), nil
}
