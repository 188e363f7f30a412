#!/usr/bin/env bash
# A post that was cancelled arrives all the same. With github.com/slack-go/slack
# 0.35.0 (and any other client of net/http) PostMessageContext returns "context
# deadline exceeded", the connection is closed, and seconds later the server reads
# the whole request: the kernel keeps sending what the program had written, as long
# as the socket is closed the ordinary way.
#
# The server below accepts connections and reads nothing for two seconds, like one
# that is overloaded. The client gives up after half a second and ends.
#
# Why it matters: a bot that takes its own time-out for the end of an attempt, looks
# into the channel, finds nothing and posts again posts twice. An attempt is over
# only when the request can no longer arrive: wait longer than the platform may
# take, or close the connection with SO_LINGER 0 (TCPConn.SetLinger), which makes
# the kernel drop what it has not sent.
#
# What it saw on 2026-11-29:
#
#   the client: context deadline exceeded
#   the server read the message after the client had ended: true
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

func main() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	ended, read := make(chan struct{}), make(chan string)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			panic(err)
		}
		<-ended
		time.Sleep(1500 * time.Millisecond)
		conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		request, _ := io.ReadAll(conn)
		read <- string(request)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	client := slack.New("xoxb-no-token", slack.OptionAPIURL("http://"+ln.Addr().String()+"/"))
	_, _, err = client.PostMessageContext(ctx, "C0123456789", slack.MsgOptionText("the digest of today", false))
	close(ended)
	fmt.Println("the client:", errors.Unwrap(err))
	request := <-read
	arrived := strings.HasPrefix(request, "POST /chat.postMessage") && strings.Contains(request, "the+digest+of+today")
	fmt.Println("the server read the message after the client had ended:", arrived)
	if !errors.Is(err, context.DeadlineExceeded) || !arrived {
		fmt.Println("CHANGED: a cancelled request does not arrive any more")
		os.Exit(1)
	}
}
GO
go mod init finding >/dev/null 2>&1
go get github.com/slack-go/slack@v0.35.0 >/dev/null 2>&1
go run .
