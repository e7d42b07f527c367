package api

import (
	"context"

	"github.com/throughline/throughline/gateway"
)

// Subscriptions is the store of topic-based subscriptions.
type Subscriptions interface {
	PutSubscription(ctx context.Context, s *gateway.Subscription) (*gateway.Subscription, error)
	Subscription(ctx context.Context, c gateway.Caller, id string) (*gateway.Subscription, error)
	Subscriptions(ctx context.Context, c gateway.Caller) ([]gateway.Subscription, error)
	DropSubscription(ctx context.Context, c gateway.Caller, id string) error
	Events(ctx context.Context, s *gateway.Subscription, from, to int64) ([]gateway.Notification, error)
}
