using System.Text.Json.Nodes;
using IResNet.Tests.Programs.Workbook.Running;
using IResNet.Workbook.Html;
using Xunit;

namespace IResNet.Tests.Programs.Workbook.Html;

public sealed class LinkResolverTests : IDisposable
{
    private readonly NotebookFolder _folder = new();
    private readonly LinkResolver _links;

    public LinkResolverTests()
    {
        Directory.CreateDirectory(_folder.File("notebooks"));
        _links = new LinkResolver(_folder.File("notebooks"), _folder.Out);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("#part", "#part")]
    [InlineData("https://example.org/a?b#c", "https://example.org/a?b#c")]
    [InlineData("01-next.ipynb", "01-next.html")]
    [InlineData("./01-next.ipynb#part", "01-next.html#part")]
    [InlineData("../README.md", "../README.md")]
    [InlineData("weights/a%20b.txt", "../notebooks/weights/a b.txt")]
    [InlineData("javascript:alert(1)", null)]
    [InlineData("file:///etc/passwd", null)]
    [InlineData("/etc/passwd", null)]
    public void Links_lead_where_the_notebooks_did(string address, string? expected) =>
        Assert.Equal(expected, _links.Link(address));

    [Fact]
    public void Images_become_part_of_the_page()
    {
        File.WriteAllBytes(_folder.File("notebooks", "a b.png"), [1, 2, 3]);
        var attachments = new JsonObject { ["x.png"] = new JsonObject { ["image/png"] = "AQID\n" } };

        Assert.Equal("data:image/png;base64,AQID", _links.Image("a%20b.png", null));
        Assert.Equal("data:image/png;base64,AQID", _links.Image("attachment:x.png", attachments));
        Assert.Equal("data:image/gif;base64,AA==", _links.Image("data:image/gif;base64,AA==", null));
        Assert.Null(_links.Image("attachment:y.png", attachments));
        Assert.Null(_links.Image("absent.png", null));
        Assert.Null(_links.Image("https://example.org/a.png", null));
        Assert.Null(_links.Image("data:text/html,x", null));
    }

    [Fact]
    public void An_image_is_no_link_to_another_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need rights there.");
        Directory.CreateDirectory(_folder.File("notebooks", "images"));
        Directory.CreateDirectory(_folder.File("shared"));
        foreach (string? place in new[] { "notebooks", "shared" })
            File.WriteAllBytes(_folder.File(place, "a.png"), [1, 2, 3]);
        File.WriteAllText(_folder.File("secret"), "secret");
        File.CreateSymbolicLink(_folder.File("notebooks", "out.png"), _folder.File("secret"));
        File.CreateSymbolicLink(_folder.File("notebooks", "images", "deep.png"), "../../secret");
        File.CreateSymbolicLink(_folder.File("notebooks", "folder"), _folder.File("shared"));
        File.CreateSymbolicLink(_folder.File("notebooks", "twice.png"), "out.png");
        File.CreateSymbolicLink(_folder.File("shared", "out.png"), _folder.File("secret"));
        File.CreateSymbolicLink(_folder.File("notebooks", "within.png"), "a.png");
        File.CreateSymbolicLink(_folder.File("linked"), _folder.File("notebooks"));

        foreach (
            string? address in new[] { "out.png", "images/deep.png", "folder/a.png", "twice.png", "../shared/out.png" }
        )
            Assert.Null(_links.Image(address, null));
        foreach (string? address in new[] { "a.png", "within.png", "../shared/a.png", "images/../a.png" })
            Assert.NotNull(_links.Image(address, null));
        Assert.NotNull(new LinkResolver(_folder.File("linked"), _folder.Out).Image("a.png", null));
    }
}
