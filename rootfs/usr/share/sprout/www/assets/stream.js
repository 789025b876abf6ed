// Follows a stream of numbered rows, as long as somebody sees the page, and goes on where it stopped.

export function follow(path, seen, numberOf, take) {
  let source = null;

  function connect() {
    if (document.hidden || source) return;
    source = new EventSource(`${path}?after=${seen}`);
    source.onmessage = (message) => {
      const row = JSON.parse(message.data);
      if (numberOf(row) <= seen) return;
      seen = numberOf(row);
      take(row);
    };
    source.onerror = () => {
      if (source?.readyState !== EventSource.CLOSED) return;
      disconnect();
      setTimeout(connect, 2000);
    };
  }

  function disconnect() {
    source?.close();
    source = null;
  }

  return { connect, disconnect, isFollowing: () => source !== null };
}
