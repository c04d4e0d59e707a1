// Asks how far the check is and shows the page anew when that has changed. Without it, "Look again" does so.
(function () {
  "use strict";
  var place = document.getElementById("progress");
  var pause = 500;
  function again() {
    pause = Math.min(pause * 1.3, 5000);
    window.setTimeout(ask, pause);
  }
  function told(found) {
    if (found && found.state !== place.getAttribute("data-state")) {
      window.location.reload();
    } else {
      again();
    }
  }
  function read(answer) {
    return answer.ok ? answer.json() : null;
  }
  function ask() {
    window.fetch(place.getAttribute("data-status")).then(read).then(told).catch(again);
  }
  window.setTimeout(ask, pause);
}());
