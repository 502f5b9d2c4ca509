package refunddesk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the shop's database
)

// Orders is how many orders the shop has. They are made by a formula, so that
// every shop has the same ones.
const Orders = 5000

// Order is an order as the shop tells it. Amounts are in euros. Total includes
// Shipping.
type Order struct {
	ID       string  `json:"order_id"`
	Customer string  `json:"customer"`
	Email    string  `json:"email"`
	Item     string  `json:"item"`
	Total    float64 `json:"total"`
	Shipping float64 `json:"shipping"`
	Status   string  `json:"status"` // delivered, returned, cancelled or in_transit
	Refunded float64 `json:"refunded"`
}

// Shop is the shop's database.
type Shop struct{ db *sql.DB }

const shopSchema = `
CREATE TABLE IF NOT EXISTS orders (
	id TEXT PRIMARY KEY, customer TEXT NOT NULL, email TEXT NOT NULL, item TEXT NOT NULL,
	total_cents INTEGER NOT NULL, shipping_cents INTEGER NOT NULL, status TEXT NOT NULL, account_closed INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS refunds (
	call_id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders(id), cents INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS mails (
	call_id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders(id), subject TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS vouchers (
	call_id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders(id), percent INTEGER NOT NULL);`

// OpenShop opens the shop's database at path, makes its folder and fills an empty
// one.
func OpenShop(ctx context.Context, path string) (*Shop, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the shop's database: %w", err)
	}
	q := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(ON)"}, "_txlock": {"immediate"}}
	db, err := sql.Open("sqlite", "file:"+path+"?"+q.Encode())
	if err != nil {
		return nil, fmt.Errorf("open the shop's database: %w", err)
	}
	db.SetMaxOpenConns(1)
	s := &Shop{db: db}
	if _, err = db.ExecContext(ctx, shopSchema); err == nil {
		err = s.fill(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make the shop's database: %w", err), db.Close())
	}
	return s, nil
}

// Close closes the database.
func (s *Shop) Close() error { return s.db.Close() }

var (
	items    = []string{"desk lamp", "office chair", "notebook set", "water bottle", "backpack", "headphones", "monitor arm"}
	prices   = []int{4990, 18900, 1490, 2250, 7900, 12990, 5999}
	statuses = []string{"delivered", "returned", "delivered", "cancelled", "delivered", "returned", "in_transit"}
)

// OrderID is the id of order n, from 0.
func OrderID(n int) string { return fmt.Sprintf("A-%05d", 10000+n) }

// fill makes the orders: seven in twenty were shipped for money, one in seven is
// still on its way, and one in a hundred belongs to an account that was closed
// and cannot be refunded.
func (s *Shop) fill(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM orders`).Scan(&n); err != nil || n > 0 {
		return err
	}
	for i := range Orders {
		shipping := 0
		if i%20 >= 13 {
			shipping = 495
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO orders VALUES ($1,$2,$3,$4,$5,$6,$7,$8)`, OrderID(i), fmt.Sprintf("Customer %d", i),
			fmt.Sprintf("customer%d@example.com", i), items[i/7%len(items)], prices[i/7%len(prices)]+shipping, shipping,
			statuses[i%len(statuses)], i%100 == 42)
		if err != nil {
			return err
		}
	}
	return tx.Commit()
}

var errNoOrder = errors.New("there is no such order")

// Order reads an order.
func (s *Shop) Order(ctx context.Context, id string) (Order, error) {
	o := Order{ID: id}
	var total, shipping, refunded int
	err := s.db.QueryRowContext(ctx, `SELECT customer, email, item, total_cents, shipping_cents, status,
		(SELECT coalesce(sum(cents),0) FROM refunds WHERE order_id = orders.id) FROM orders WHERE id = $1`, id).
		Scan(&o.Customer, &o.Email, &o.Item, &total, &shipping, &o.Status, &refunded)
	if errors.Is(err, sql.ErrNoRows) {
		return o, errNoOrder
	}
	o.Total, o.Shipping, o.Refunded = float64(total)/100, float64(shipping)/100, float64(refunded)/100
	return o, err
}

// Refund pays cents back for an order, at most what was paid. The same call is
// done once, however often it comes.
func (s *Shop) Refund(ctx context.Context, callID, id string, cents int) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		var again bool
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM refunds WHERE call_id = $1)`, callID).Scan(&again); err != nil || again {
			return err
		}
		var left int
		var closed bool
		err := tx.QueryRowContext(ctx, `SELECT total_cents - (SELECT coalesce(sum(cents),0) FROM refunds WHERE order_id = orders.id),
			account_closed FROM orders WHERE id = $1`, id).Scan(&left, &closed)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return errNoOrder
		case err != nil:
			return err
		case closed:
			return errors.New("the payment provider refused: the customer's account is closed")
		case cents <= 0:
			return errors.New("a refund is a positive amount")
		case cents > left:
			return fmt.Errorf("a refund of %.2f is more than the %.2f that is left of what was paid", float64(cents)/100, float64(left)/100)
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO refunds VALUES ($1,$2,$3)`, callID, id, cents)
		return err
	})
}

// Mail queues a mail to an order's customer.
func (s *Shop) Mail(ctx context.Context, callID, id, subject, body string) error {
	return s.forOrder(ctx, id, `INSERT INTO mails VALUES ($1,$2,$3,$4) ON CONFLICT (call_id) DO NOTHING`, callID, id, subject, body)
}

// Voucher gives an order's customer a discount on the next order.
func (s *Shop) Voucher(ctx context.Context, callID, id string, percent int) error {
	if percent < 1 || percent > 20 {
		return fmt.Errorf("a voucher is 1 to 20 percent, not %d", percent)
	}
	return s.forOrder(ctx, id, `INSERT INTO vouchers VALUES ($1,$2,$3) ON CONFLICT (call_id) DO NOTHING`, callID, id, percent)
}

func (s *Shop) forOrder(ctx context.Context, id, query string, args ...any) error {
	return s.change(ctx, func(tx *sql.Tx) error {
		var one int
		err := tx.QueryRowContext(ctx, `SELECT 1 FROM orders WHERE id = $1`, id).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return errNoOrder
		}
		if err == nil {
			_, err = tx.ExecContext(ctx, query, args...)
		}
		return err
	})
}

func (s *Shop) change(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
