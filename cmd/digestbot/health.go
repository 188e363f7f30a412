package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/digestbot/digestbot/bot/chat"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/config"
	"github.com/digestbot/digestbot/cmd/digestbot/internal/health"
)

type healthCmd struct {
	Live bool `help:"Ask only whether the process answers, as a liveness probe should: a platform that is down is no reason to restart."`
}

// Run asks the running serve whether it can do its work, and prints what it says.
func (cmd healthCmd) Run(ctx context.Context, p *program, c *cli) error {
	conf, err := p.config(c)
	if err != nil {
		return err
	}
	if cmd.Live {
		if _, err := askServe(ctx, conf.HTTP.Listen, "/healthz", chat.Secret{}); err != nil {
			return fmt.Errorf("http.listen: %w", err)
		}
		p.printf("alive\n")
		return nil
	}
	token := chat.Secret{} // not needed where this machine is told
	if !conf.HTTP.Local() {
		if token, err = p.metricsToken(conf); err != nil {
			return err
		}
	}
	var says string
	err = p.while(words("asking "+conf.HTTP.Listen), func() (err error) {
		says, err = askServe(ctx, conf.HTTP.Listen, "/readyz", token)
		return err
	})
	var not *notReadyError
	if err != nil && !errors.As(err, &not) {
		return fmt.Errorf("http.listen: %w", err)
	}
	if not != nil && says == "not ready\n" {
		says += "To see why, set " + metricsVariable + " or http.metrics_token_file for this command and for serve.\n"
	}
	p.printf("%s", says)
	if not != nil {
		return errSilent
	}
	p.printf("healthy\n")
	return nil
}

// notReadyError is that serve answers that it cannot do its work.
type notReadyError struct{}

func (*notReadyError) Error() string { return "it is not ready" }

// askServe asks the server that listens on an address, and gives what it says.
func askServe(ctx context.Context, listen, path string, token chat.Secret) (says string, err error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return "", err
	}
	if !token.Empty() {
		request.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	switch {
	case err != nil:
		return "", err
	case response.StatusCode == http.StatusServiceUnavailable:
		return string(body), &notReadyError{}
	case response.StatusCode != http.StatusOK:
		return "", fmt.Errorf("it answers %s", response.Status)
	}
	return string(body), nil
}

// heartbeatVariable is where the address of the heartbeat is, unless heartbeat.url_file
// has it.
const heartbeatVariable = "DIGESTBOT_HEARTBEAT_URL"

// heartbeat is what is sent while all is well; nil if nobody wants it.
func (p *program) heartbeat(conf *config.Config, c *health.Checker, log *slog.Logger) (*health.Heartbeat, error) {
	const key = "heartbeat.url_file"
	address, err := chat.Env{Getenv: p.getenv, Folder: conf.Folder}.Token(heartbeatVariable, key, conf.Heartbeat.URLFile)
	if err != nil || address.Empty() {
		return nil, conf.Explain(err)
	}
	if err := health.ParseURL(address); err != nil {
		from := key
		if p.getenv(heartbeatVariable) != "" {
			from = heartbeatVariable
		}
		return nil, conf.Explain(fmt.Errorf("%s: %w", from, err))
	}
	return &health.Heartbeat{URL: address, Every: conf.Heartbeat.Every, Unwell: c.Unwell, Client: http.DefaultClient, Log: log}, nil
}
