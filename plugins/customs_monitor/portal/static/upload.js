// Comfort for the upload form: a file can be dragged into the box, and large ones show how far they are. The form
// works without it.
(function () {
  "use strict";
  var form = document.getElementById("upload-form");
  var drop = document.getElementById("drop");
  var field = document.getElementById("file");
  var chosen = document.getElementById("file-chosen");
  var box = document.getElementById("upload-progress");
  var bar = document.getElementById("upload-bar");
  var said = document.getElementById("upload-said");
  var button = form.querySelector("button[type=submit]");

  function show() {
    var file = field.files[0];
    chosen.textContent = file ? file.name : chosen.getAttribute("data-none");
  }
  function over(event) {
    event.preventDefault();
    drop.classList.add("cmp-over");
  }
  function away() {
    drop.classList.remove("cmp-over");
  }
  function dropped(event) {
    event.preventDefault();
    away();
    if (event.dataTransfer.files.length) {
      field.files = event.dataTransfer.files;
      show();
    }
  }
  function moved(event) {
    if (event.lengthComputable) {
      bar.value = 100 * event.loaded / event.total;
    }
  }
  function broken() {
    button.disabled = false;
    said.textContent = form.getAttribute("data-failed");
  }
  function answered(event) {
    var request = event.target;
    if (request.status < 400 && request.responseURL !== form.action) {
      window.location.assign(request.responseURL);
      return;
    }
    // What is wrong is a page of ours: show it in place of this one.
    var answer = new DOMParser().parseFromString(request.responseText, "text/html");
    var theirs = answer.getElementById("content");
    if (!theirs) {
      broken();
      return;
    }
    document.title = answer.title;
    document.getElementById("content").replaceWith(theirs);
    document.getElementById("content").focus();
  }
  function send(event) {
    event.preventDefault();
    var request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", moved);
    request.addEventListener("load", answered);
    request.addEventListener("error", broken);
    button.disabled = true;
    box.hidden = false;
    bar.value = 0;
    said.textContent = form.getAttribute("data-sending");
    request.send(new FormData(form));
  }

  chosen.hidden = false;
  show();
  field.addEventListener("change", show);
  drop.addEventListener("dragenter", over);
  drop.addEventListener("dragover", over);
  drop.addEventListener("dragleave", away);
  drop.addEventListener("drop", dropped);
  form.addEventListener("submit", send);
}());
